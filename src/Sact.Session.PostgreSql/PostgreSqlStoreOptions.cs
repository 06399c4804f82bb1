using Npgsql;

namespace Sact.Session;

/// <summary>What a <see cref="PostgreSqlStore"/> needs to be told. Read once, when the store is made.</summary>
public sealed class PostgreSqlStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// The connection string, such as <c>Host=db;Database=app;Username=app;Password=…</c>. Of several hosts the primary is used. Its <c>Timeout</c> bounds the wait for a connection, its <c>Command
    /// Timeout</c> each command.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>A data source of the application's own, used in place of <see cref="ConnectionString"/>. It is never disposed of.</summary>
    public NpgsqlDataSource? DataSource { get; set; }

    /// <summary>The schema of the table: 1 to 63 characters out of <c>a-z A-Z 0-9 _</c>, not beginning with a digit; default <c>public</c>.</summary>
    public string Schema { get; set; } = "public";

    /// <summary>The table: 1 to 50 characters out of <c>a-z A-Z 0-9 _</c>, not beginning with a digit; default <c>sact_sessions</c>. Its indexes are named after it.</summary>
    public string Table { get; set; } = "sact_sessions";

    /// <summary>
    /// Whether the store makes schema, table and indexes if they are not there; default true. If false, somebody else does so with the statements of the package's README, and a missing table is a
    /// <see cref="SessionStoreException"/> that says so.
    /// </summary>
    public bool CreateSchema { get; set; } = true;
}
