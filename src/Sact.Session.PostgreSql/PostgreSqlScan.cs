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
        var range = QueryRange.Of(query, after);
        var scan = Command(statements.Scan)
            .Add(prefix)
            .Add(clock.GetUtcNow())
            .Add((int?)query.State ?? AnyState)
            .Add(range.CreatedFrom)
            .Add(range.Start.CreatedAt)
            .Add(range.Start.KeyPart)
            .Add(range.LastSeenFrom)
            .Add(range.LastSeenBefore)
            .Add((long)most);
        var rows = await database.ReadAsync(scan, cancellationToken).ConfigureAwait(false);

        // Without any session there is one row without a key.
        return ScannedRecords.Of([.. rows.Where(static row => row[1] is string).Select(Read)], most);
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

    // A row that somebody else wrote may have another key.
    private ScannedRecord Read(object[] row) => SessionKey.TryParse($"{prefix}:{row[1]}", null, out var key)
        ? new(key, (long)row[2], row[3] is byte[] packed ? StoredRecord.Unpack(key, packed) : default)
        : default;
}
