using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Sact.Session;

/// <summary>The table, and its version, which is in the comment of the table. Any number of nodes may create it at once.</summary>
internal sealed partial class PostgreSqlSchema
{
    private const string VersionText = "Sact.Session schema ";
    private const string CurrentText = VersionText + "2";

    // The advisory lock of every node that creates a table, whatever its name.
    private const long Lock = 0x53616374_50475331;

    // What a statement looks for, and the packed record. Numbers come first, because padding would follow a string.
    // Text has the collation "C": keys and user ids are compared by their bytes, whatever the language of the database.
    private const string Definition = """
        version bigint NOT NULL,
        created_at bigint NOT NULL,
        last_seen_at bigint NOT NULL,
        expires_at bigint NOT NULL,
        state smallint NOT NULL,
        prefix text COLLATE "C" NOT NULL,
        key_part text COLLATE "C" NOT NULL,
        user_id text COLLATE "C",
        lineage_hash bytea NOT NULL,
        record bytea NOT NULL,
        PRIMARY KEY (prefix, key_part)
        """;

    private readonly string _schema;
    private readonly string _table;
    private readonly bool _create;

    public PostgreSqlSchema(PostgreSqlStoreOptions options)
    {
        if (options.Schema is not { Length: <= 63 } || !Name().IsMatch(options.Schema))
        {
            throw new ArgumentException(
                "PostgreSqlStoreOptions.Schema is not valid. Use 1 to 63 characters of a-z, A-Z, 0-9 and '_', the first one not a digit.",
                nameof(options));
        }

        // PostgreSQL cuts names at 63 characters, and the name of an index is that of the table and a suffix.
        if (options.Table is not { Length: <= 50 } || !Name().IsMatch(options.Table))
        {
            throw new ArgumentException(
                "PostgreSqlStoreOptions.Table is not valid. Use 1 to 50 characters of a-z, A-Z, 0-9 and '_', the first one not a digit.",
                nameof(options));
        }

        _schema = options.Schema;
        _table = options.Table;
        _create = options.CreateSchema;
    }

    /// <summary>The table in a statement: quoted, with the schema.</summary>
    public string Table => $"\"{_schema}\".\"{_table}\"";

    /// <summary>
    /// Creates what is missing. It refuses another version, a table of another shape, a standby, and a database whose encoding lacks
    /// characters.
    /// </summary>
    public async Task EnsureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columns = await LookAsync(connection, cancellationToken).ConfigureAwait(false);
        if (columns is null)
        {
            if (!_create)
            {
                throw new SessionStoreException(
                    $"The PostgreSQL table {Table} does not exist. "
                    + "Set PostgreSqlStoreOptions.CreateSchema, or create it as the README of the package says.");
            }

            await CreateAsync(connection, cancellationToken).ConfigureAwait(false);
            columns = await LookAsync(connection, cancellationToken).ConfigureAwait(false) ?? [];
        }

        if (ColumnNames().Except(columns, StringComparer.Ordinal).FirstOrDefault() is { } missing)
        {
            throw new SessionStoreException(
                $"The PostgreSQL table {Table} has another shape: it lacks the column '{missing}'. "
                + "Set PostgreSqlStoreOptions.Table to a name that nothing else uses.");
        }
    }

    /// <summary>The columns of the table with their types. Null if there is no table.</summary>
    private async Task<string[]?> LookAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,
              current_setting('server_encoding'),
              obj_description(to_regclass($1), 'pg_class'),
              (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',')
                FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped)
            """).Add(Table));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await row.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (row.GetBoolean(0))
        {
            throw new SessionStoreException("PostgreSQL cannot keep sessions: " + PostgreSqlFaults.Standby);
        }

        if (row.GetString(1) != "UTF8")
        {
            throw new SessionStoreException(
                $"The PostgreSQL database has the encoding {row.GetString(1)}, which cannot store every character. "
                + "Set Database in PostgreSqlStoreOptions.ConnectionString (or DataSource) to one in UTF8.");
        }

        string? comment = row.IsDBNull(2) ? null : row.GetString(2);
        if (comment?.StartsWith(VersionText, StringComparison.Ordinal) == true && comment != CurrentText)
        {
            throw new SessionStoreException(
                $"The PostgreSQL table {Table} has '{comment}', and this version of Sact.Session.PostgreSql needs '{CurrentText}'. "
                + "If the number of the table is higher, update the package. If it is lower, drop the table, which ends all its sessions. "
                + "Or set PostgreSqlStoreOptions.Table to another name.");
        }

        return row.IsDBNull(3) ? null : row.GetString(3).Split(',');
    }

    private async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (string statement in (string[])
        [
            "BEGIN ISOLATION LEVEL READ COMMITTED",

            // IF NOT EXISTS does not protect two sessions from each other: both see nothing, and one fails on a unique index of the
            // catalogue.
            string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({Lock})"),
            ..Statements(),
            "COMMIT",
        ])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private IEnumerable<string> Statements()
    {
        // Even with IF NOT EXISTS this needs the right to create schemas, which few users have. The schema public always exists.
        if (_schema != "public")
        {
            yield return $"CREATE SCHEMA IF NOT EXISTS \"{_schema}\"";
        }

        // Each page keeps free space, so that the new version of a row stays beside the old one and no index is written to.
        yield return $"CREATE TABLE IF NOT EXISTS {Table} ({Definition}) WITH (fillfactor = 80)";
        yield return $"CREATE INDEX IF NOT EXISTS \"{_table}_user\" ON {Table} (prefix, user_id) WHERE user_id IS NOT NULL";

        // The index is on the deadline, although every touch moves it. With one on the absolute deadline the cleanup would read all
        // sessions to find the idle ones. Touches are throttled. Changes of fields are not, but they move no deadline and so write to no
        // index.
        yield return $"CREATE INDEX IF NOT EXISTS \"{_table}_expiry\" ON {Table} (prefix, expires_at)";

        // For administrators, who look at the newest sessions first. No change of a session moves its entry.
        yield return $"CREATE INDEX IF NOT EXISTS \"{_table}_created\" ON {Table} (prefix, created_at, key_part)";
        yield return $"COMMENT ON TABLE {Table} IS '{CurrentText}'";
    }

    private static IEnumerable<string> ColumnNames() => Definition.Split('\n')
        .Select(static line => Column().Match(line))
        .Where(static match => match.Success)
        .Select(static match => match.Value);

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex("^[a-z_]+ (text|smallint|bigint|bytea)", RegexOptions.CultureInvariant)]
    private static partial Regex Column();
}
