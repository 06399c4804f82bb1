using Npgsql;

namespace Sact.Session;

/// <summary>The options of a <see cref="PostgreSqlStore"/>. They are read once, when the store is created.</summary>
public sealed class PostgreSqlStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// The connection string, such as <c>Host=db;Database=app;Username=app;Password=…</c>. Of several hosts the store uses the primary.
    /// <c>Timeout</c> limits the wait for a connection, and is 4 seconds unless set here. <c>Command Timeout</c> limits each command.
    /// Without <c>Max Auto Prepare</c> the store prepares its statements, except through a pooler.
    /// </summary>
    public string? ConnectionString
    {
        get;
        set
        {
            field = value;
            IsConnectionStringChosen = true;
        }
    }

    /// <summary>
    /// A data source of the application, in place of <see cref="ConnectionString"/>. The store never disposes of it. It prepares statements
    /// only if its connection string has <c>Max Auto Prepare</c>, which makes a read three times as fast.
    /// </summary>
    public NpgsqlDataSource? DataSource { get; set; }

    /// <summary>
    /// Which connection of the application <c>UsePostgreSql()</c> takes, if neither <see cref="DataSource"/> nor
    /// <see cref="ConnectionString"/> is set: the <see cref="NpgsqlDataSource"/> that is registered under this key, or else the connection
    /// string of this name. Null (default): the one that is registered without a key, or else the connection string <c>Sessions</c> or
    /// <c>Postgres</c>.
    /// </summary>
    /// <remarks>Only <c>UsePostgreSql</c> reads it. <c>new PostgreSqlStore(options)</c> has no services to look in.</remarks>
    public string? ConnectionName { get; set; }

    /// <summary>
    /// The schema of the table: 1 to 63 characters of <c>a-z A-Z 0-9 _</c>, the first one not a digit. Default: <c>public</c>.
    /// </summary>
    public string Schema { get; set; } = "public";

    /// <summary>
    /// The table: 1 to 50 characters of <c>a-z A-Z 0-9 _</c>, the first one not a digit. Default: <c>sact_sessions</c>. The names of its
    /// indexes begin with it.
    /// </summary>
    public string Table { get; set; } = "sact_sessions";

    /// <summary>
    /// Whether the store creates schema, table and indexes if they do not exist. Default: true. If false, run the statements of the
    /// README of the package. A missing table is then a <see cref="SessionStoreException"/> that says so.
    /// </summary>
    public bool CreateSchema { get; set; } = true;

    /// <summary>
    /// Whether <see cref="ConnectionString"/> was set. A value that is empty is a mistake, and no other connection takes its place.
    /// </summary>
    internal bool IsConnectionStringChosen { get; private set; }
}
