using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>The walk over all sessions of a prefix, the newest first, for an administrator.</summary>
internal sealed class SessionScan(EntityFrameworkDatabase database, string prefix, TimeProvider clock)
{
    /// <summary>Reads the rows after a place. A row that the columns exclude comes without its record.</summary>
    public async ValueTask<ScannedRecords> RunAsync(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken)
    {
        // Limits between two milliseconds are widened here. The query itself compares exactly.
        var start = QueryPosition.Read(after);
        long now = Now;
        long from = query.CreatedFrom?.ToUnixTimeMilliseconds() ?? long.MinValue;
        long before = query.CreatedBefore?.ToUnixTimeMilliseconds() + 1 ?? long.MaxValue;
        long seenFrom = query.LastSeenFrom?.ToUnixTimeMilliseconds() ?? long.MinValue;
        long seenBefore = query.LastSeenBefore?.ToUnixTimeMilliseconds() + 1 ?? long.MaxValue;
        int state = (int?)query.State ?? -1;
        if (start.CreatedAt >= before)
        {
            start = new QueryPosition(before, "");
        }

        var (createdAt, keyPart) = start;
        var rows = await database.ReadAsync(
            call => call.Context.Set<SessionRow>()
                .IgnoreQueryFilters()
                .AsNoTracking()
                .Where(row => row.Prefix == prefix && row.CreatedAt >= from && row.CreatedAt <= createdAt
                    && (row.CreatedAt < createdAt || string.Compare(row.KeyPart, keyPart) < 0))
                .OrderByDescending(row => row.CreatedAt)
                .ThenByDescending(row => row.KeyPart)
                .Take(most)
                .Select(row => new
                {
                    row.KeyPart,
                    row.CreatedAt,
                    Record = row.ExpiresAt > now && row.State < EndedMarker.StateNumber && (state == -1 || row.State == state)
                        && row.LastSeenAt >= seenFrom && row.LastSeenAt < seenBefore ? row.Record : null,
                })
                .ToListAsync(call.Token),
            cancellationToken).ConfigureAwait(false);
        var records = new List<ScannedRecord>();
        byte[]? end = null;
        foreach (var row in rows)
        {
            if (!SessionKey.TryParse($"{prefix}:{row.KeyPart}", null, out var key))
            {
                continue;
            }

            end = new QueryPosition(row.CreatedAt, row.KeyPart).ToBytes();
            if (row.Record is { } packed)
            {
                records.Add(new(key, StoredRecord.Unpack(key, packed), end));
            }
        }

        return new(records, rows.Count < most ? null : end, rows.Count);
    }

    public async ValueTask<SessionCounts> CountAsync(CancellationToken cancellationToken)
    {
        long now = Now;
        var states = await database.ReadAsync(
            call => call.Context.Set<SessionRow>()
                .IgnoreQueryFilters()
                .Where(row => row.Prefix == prefix && row.ExpiresAt > now)
                .GroupBy(static row => row.State)
                .Select(static rows => new { State = rows.Key, Count = rows.LongCount() })
                .ToListAsync(call.Token),
            cancellationToken).ConfigureAwait(false);
        return states.Aggregate(
            default(SessionCounts), static (counts, state) => counts.Add((SessionState)state.State, state.Count));
    }

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
