using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sact.Session;

/// <summary>The table, the statements on it, and its version.</summary>
internal sealed partial class SqliteSchema
{
    private const int Version = 2;

    private const string OfUser = "prefix = $prefix AND user_id = $user_id";

    private static readonly string[] s_columns =
    [
        "session_key", "prefix", "user_id", "state", "created_at", "last_seen_at", "expires_at", "version", "lineage", "record",
    ];

    private readonly string _table;

    public SqliteSchema(string table)
    {
        if (!TableName().IsMatch(table ?? ""))
        {
            throw new ArgumentException(
                "Table must have 1 to 64 characters out of a-z, A-Z, 0-9 and '_', and must not begin with a digit. "
                + "Change SqliteStoreOptions.Table.",
                nameof(table));
        }

        _table = table!;
        string columns = string.Join(", ", s_columns);
        Select = $"SELECT record FROM {table} WHERE session_key = $session_key";
        SelectOfUser = $"SELECT session_key, record FROM {table} WHERE {OfUser}";
        SelectKeysOfUser = $"SELECT session_key FROM {table} WHERE {OfUser} AND expires_at > $now";
        Insert = $"INSERT INTO {table} ({columns}) VALUES ({string.Join(", ", s_columns.Select(column => "$" + column))}) "
            + "ON CONFLICT (session_key) DO NOTHING";

        // The bytes alone decide. They hold version and lineage, and a column that somebody has changed must not stop every write.
        Replace = $"UPDATE {table} SET state = $state, last_seen_at = $last_seen_at, expires_at = $expires_at, version = $version, "
            + "record = $record WHERE session_key = $session_key AND record = $expected";
        Delete = $"DELETE FROM {table} WHERE session_key = $session_key";
        SelectOfLineage = $"{Select} AND lineage = $lineage";
        SelectDeadline = $"SELECT expires_at FROM {table} WHERE session_key = $session_key AND {OfUser}";
        MarkEnded = $"UPDATE {table} SET user_id = NULL, state = $state, expires_at = $expires_at, version = $version, record = $record "
            + "WHERE session_key = $session_key";
        SelectEnded = $"SELECT session_key FROM {table} WHERE prefix = $prefix AND expires_at BETWEEN $since AND $now "
            + $"AND state = {EndedMarker.StateNumber}";
        LastRow = $"SELECT coalesce(max(id), 0) FROM {table}";
        string some = $"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE prefix = $prefix AND";
        DeleteSome = $"{some} id <= $last AND (state <> {(int)SessionState.Note} OR user_id IS NOT NULL) LIMIT $batch) "
            + $"RETURNING CASE WHEN state < {EndedMarker.StateNumber} THEN expires_at ELSE 0 END";
        DeleteExpired = $"{some} expires_at <= $now LIMIT $batch)";

        // A row that the columns exclude comes without its record. It is part of the walk, so that a step never looks at more rows.
        Scan = $"SELECT session_key, created_at, CASE WHEN expires_at > $now AND state < {EndedMarker.StateNumber} "
            + "AND ($state IS NULL OR state = $state) AND last_seen_at >= $seen_from AND last_seen_at < $seen_before THEN record END "
            + $"FROM {table} WHERE prefix = $prefix AND created_at >= $from AND (created_at, session_key) < ($created_at, $session_key) "
            + "ORDER BY created_at DESC, session_key DESC LIMIT $most";
        CountByState = $"SELECT state, count(*) FROM {table} WHERE prefix = $prefix AND expires_at > $now GROUP BY state";
        Count = $"SELECT count(*) FROM {table} WHERE prefix = $prefix AND expires_at > $now AND state < {EndedMarker.StateNumber}";
    }

    public string Select { get; }

    public string SelectOfUser { get; }

    public string SelectKeysOfUser { get; }

    public string Insert { get; }

    public string Replace { get; }

    public string Delete { get; }

    public string SelectOfLineage { get; }

    public string SelectDeadline { get; }

    public string MarkEnded { get; }

    public string SelectEnded { get; }

    public string LastRow { get; }

    public string DeleteSome { get; }

    public string DeleteExpired { get; }

    public string Count { get; }

    public string Scan { get; }

    public string CountByState { get; }

    /// <summary>
    /// Creates what is missing. Refuses what is newer or of another shape before it changes anything. Several processes may do so at once.
    /// </summary>
    public void Ensure(SqliteConnection connection, bool readOnly)
    {
        if (readOnly)
        {
            Check(connection, mustExist: true);
            return;
        }

        Execute(connection, "BEGIN IMMEDIATE");
        try
        {
            Check(connection, mustExist: false);
            Create(connection);
            Execute(connection, "COMMIT");
        }
        catch
        {
            RollBack(connection);
            throw;
        }
    }

    public static void Execute(SqliteConnection connection, string sql) => Execute(connection, sql, out _);

    /// <summary>Rolls back, if there is a transaction. After some faults SQLite has already rolled back by itself.</summary>
    public static void RollBack(SqliteConnection connection)
    {
        if (connection.Handle is { } handle && raw.sqlite3_get_autocommit(handle) == 0)
        {
            raw.sqlite3_exec(handle, "ROLLBACK");
        }
    }

    private static void Execute(SqliteConnection connection, string sql, out object? answer)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        answer = command.ExecuteScalar();
    }

    private static List<string> Columns(SqliteConnection connection, string table)
    {
        var columns = new List<string>();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM pragma_table_info($table)";
        command.Parameters.AddWithValue("$table", table);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            columns.Add(reader.GetString(0));
        }

        return columns;
    }

    private void Check(SqliteConnection connection, bool mustExist)
    {
        if (Columns(connection, _table + "_version").Count > 0)
        {
            Execute(connection, $"SELECT max(version) FROM {_table}_version", out object? version);
            if (version is not (null or DBNull or (long)Version))
            {
                throw new SessionStoreException(
                    $"The SQLite table '{_table}' has schema version {version}, and this version of Sact.Session.Sqlite has {Version}. "
                    + (version is long and < Version
                        ? $"Sessions of an older schema are not taken over. Drop the tables '{_table}' and '{_table}_version', "
                        : "Use the package that has it, ")
                    + "or set SqliteStoreOptions.Table to another name.");
            }
        }

        var columns = Columns(connection, _table);
        if (columns.Count == 0)
        {
            if (mustExist)
            {
                throw new SessionStoreException(
                    $"The SQLite file has no table '{_table}' and is read-only, so that none can be created. "
                    + "Let a process that may write open it once, or set SqliteStoreOptions.Table.");
            }
        }
        else if (s_columns.Except(columns).FirstOrDefault() is { } missing)
        {
            throw new SessionStoreException(
                $"The SQLite table '{_table}' has another shape: it lacks the column '{missing}'. "
                + "Set SqliteStoreOptions.Table to a name that nothing else uses.");
        }
    }

    // Without AUTOINCREMENT a new row may get the id of a deleted one, and ClearAsync would end a session that began after it.
    private void Create(SqliteConnection connection) => Execute(connection, $"""
            CREATE TABLE IF NOT EXISTS {_table} (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              session_key TEXT NOT NULL UNIQUE,
              prefix TEXT NOT NULL,
              user_id TEXT,
              state INTEGER NOT NULL,
              created_at INTEGER NOT NULL,
              last_seen_at INTEGER NOT NULL,
              expires_at INTEGER NOT NULL,
              version INTEGER NOT NULL,
              lineage BLOB NOT NULL,
              record BLOB NOT NULL);
            CREATE INDEX IF NOT EXISTS {_table}_user ON {_table} (prefix, user_id) WHERE user_id IS NOT NULL;
            CREATE INDEX IF NOT EXISTS {_table}_expiry ON {_table} (prefix, expires_at);
            CREATE INDEX IF NOT EXISTS {_table}_created ON {_table} (prefix, created_at, session_key);
            CREATE TABLE IF NOT EXISTS {_table}_version (version INTEGER NOT NULL PRIMARY KEY);
            INSERT INTO {_table}_version
              SELECT {Version.ToString(CultureInfo.InvariantCulture)} WHERE NOT EXISTS (SELECT 1 FROM {_table}_version);
            """);

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex TableName();
}
