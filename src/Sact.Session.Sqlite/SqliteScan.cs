using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>The walk over all sessions of a prefix, the newest first, for an administrator.</summary>
internal sealed class SqliteScan(SqliteDatabase database, SqliteSchema schema, string prefix, TimeProvider clock)
{
    /// <summary>Reads the rows after a place, in one statement that looks at a bounded number of rows.</summary>
    public async ValueTask<ScannedRecords> RunAsync(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken)
    {
        var range = QueryRange.Of(query, after);
        var rows = await database.ReadAsync(
            schema.Scan,
            command => command
                .Set("$prefix", prefix)
                .Set("$now", Now)
                .Set("$state", (int?)query.State)
                .Set("$from", range.CreatedFrom)
                .Set("$created_at", range.Start.CreatedAt)
                .Set("$session_key", range.Start.KeyPart.Length == 0 ? "" : $"{prefix}:{range.Start.KeyPart}")
                .Set("$seen_from", range.LastSeenFrom)
                .Set("$seen_before", range.LastSeenBefore)
                .Set("$most", most),
            Read,
            cancellationToken).ConfigureAwait(false);
        return ScannedRecords.Of(rows, most);
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

    private List<ScannedRecord> Read(SqliteDataReader rows)
    {
        var found = new List<ScannedRecord>();
        while (rows.Read())
        {
            // A row that somebody else wrote may have anything in its columns.
            bool hasKey = SessionKey.TryParse(rows.GetValue(0) as string, null, out var key) && key.Prefix == prefix;
            found.Add(hasKey ? new(key, rows.GetInt64(1), rows.IsDBNull(2) ? default : rows.Stored(key, 2)) : default);
        }

        return found;
    }
}
