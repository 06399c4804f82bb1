using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Sact.Session;

/// <summary>The walk over all sessions of a prefix, the newest first, for an administrator.</summary>
internal sealed class PostgreSqlScan(PostgreSqlDatabase database, PostgreSqlStatements statements, string prefix, TimeProvider clock)
{
    private const int AnyState = -1;

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

        var scan = Command(statements.Scan)
            .Add(prefix)
            .Add(clock.GetUtcNow())
            .Add((int?)query.State ?? AnyState)
            .Add(query.CreatedFrom?.ToUnixTimeMilliseconds() ?? long.MinValue)
            .Add(start.CreatedAt)
            .Add(start.KeyPart)
            .Add(query.LastSeenFrom?.ToUnixTimeMilliseconds() ?? long.MinValue)
            .Add(query.LastSeenBefore?.ToUnixTimeMilliseconds() + 1 ?? long.MaxValue)
            .Add((long)most);
        return Read(await database.ReadAsync(scan, cancellationToken).ConfigureAwait(false), most);
    }

    public async ValueTask<SessionCounts> CountAsync(CancellationToken cancellationToken)
    {
        var count = Command(statements.CountByState).Add(prefix).Add(clock.GetUtcNow());
        var rows = await database.ReadAsync(count, cancellationToken).ConfigureAwait(false);
        return rows
            .Where(static row => row[1] is int)
            .Aggregate(default(SessionCounts), static (counts, row) => counts.Add((SessionState)(int)row[1], (long)row[2]));
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text is that of the package, and every value is a parameter.")]
    private static NpgsqlBatchCommand Command(string sql) => new(sql);

    private ScannedRecords Read(List<object[]> rows, int most)
    {
        var records = new List<ScannedRecord>();
        byte[]? end = null;
        foreach (object[] row in rows)
        {
            // Without any session there is one row without a key. A row that somebody else wrote may have another key.
            if (row[1] is not string keyPart || !SessionKey.TryParse($"{prefix}:{keyPart}", null, out var key))
            {
                continue;
            }

            end = new QueryPosition((long)row[2], keyPart).ToBytes();
            if (row[3] is byte[] packed)
            {
                records.Add(new(key, StoredRecord.Unpack(key, packed), end));
            }
        }

        return new(records, rows.Count < most ? null : end, rows.Count);
    }
}
