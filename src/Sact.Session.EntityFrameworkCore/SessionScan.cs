using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>The walk over all sessions of a prefix, the newest first, for an administrator.</summary>
internal sealed class SessionScan(EntityFrameworkDatabase database, string prefix, TimeProvider clock)
{
    /// <summary>Reads the rows after a place. A row that the columns exclude comes without its record.</summary>
    public async ValueTask<ScannedRecords> RunAsync(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken)
    {
        // EF Core makes parameters of local variables.
        var (from, (createdAt, keyPart), seenFrom, seenBefore) = QueryRange.Of(query, after);
        long now = Now;
        int state = (int?)query.State ?? -1;
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
        return ScannedRecords.Of([.. rows.Select(row => Read(row.KeyPart, row.CreatedAt, row.Record))], most);
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

    // A row that somebody else wrote may have another key.
    private ScannedRecord Read(string keyPart, long createdAt, byte[]? packed) =>
        SessionKey.TryParse($"{prefix}:{keyPart}", null, out var key)
            ? new(key, createdAt, packed is null ? default : StoredRecord.Unpack(key, packed))
            : default;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
