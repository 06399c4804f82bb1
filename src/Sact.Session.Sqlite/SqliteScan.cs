using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>The walk over all sessions of a prefix, the newest first, for an administrator.</summary>
internal sealed class SqliteScan(SqliteDatabase database, SqliteSchema schema, string prefix, TimeProvider clock)
{
    /// <summary>Reads the rows after a place, in one statement that looks at a bounded number of rows.</summary>
    public async ValueTask<ScannedRecords> RunAsync(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken)
    {
        // Limits between two milliseconds are widened here. The query itself compares exactly.
        var start = QueryPosition.Read(after);
        long before = query.CreatedBefore?.ToUnixTimeMilliseconds() + 1 ?? long.MaxValue;
        if (start.CreatedAt >= before)
        {
            start = new QueryPosition(before, "");
        }

        return await database.ReadAsync(
            schema.Scan,
            command => command
                .Set("$prefix", prefix)
                .Set("$now", Now)
                .Set("$state", (int?)query.State)
                .Set("$from", query.CreatedFrom?.ToUnixTimeMilliseconds() ?? long.MinValue)
                .Set("$created_at", start.CreatedAt)
                .Set("$session_key", start.KeyPart.Length == 0 ? "" : $"{prefix}:{start.KeyPart}")
                .Set("$seen_from", query.LastSeenFrom?.ToUnixTimeMilliseconds() ?? long.MinValue)
                .Set("$seen_before", query.LastSeenBefore?.ToUnixTimeMilliseconds() + 1 ?? long.MaxValue)
                .Set("$most", most),
            rows => Read(rows, most),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<SessionCounts> CountAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        schema.CountByState,
        command => command.Set("$prefix", prefix).Set("$now", Now),
        static rows =>
        {
            var counts = default(SessionCounts);
            while (rows.Read())
            {
                counts = counts.Add((SessionState)rows.GetInt64(0), rows.GetInt64(1));
            }

            return counts;
        },
        cancellationToken).ConfigureAwait(false);

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private ScannedRecords Read(SqliteDataReader rows, int most)
    {
        var records = new List<ScannedRecord>();
        int looked = 0;
        byte[]? end = null;
        while (rows.Read())
        {
            looked++;

            // A row that somebody else wrote may have anything in its columns.
            if (rows.GetValue(0) is not string name || !SessionKey.TryParse(name, null, out var key) || key.Prefix != prefix)
            {
                continue;
            }

            end = new QueryPosition(rows.GetInt64(1), key.KeyPart).ToBytes();
            if (!rows.IsDBNull(2))
            {
                records.Add(new(key, rows.Stored(key, 2), end));
            }
        }

        return new(records, looked < most ? null : end, looked);
    }
}
