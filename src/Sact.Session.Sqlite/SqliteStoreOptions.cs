using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>What an acknowledged write survives.</summary>
public enum SqliteDurability
{
    /// <summary><c>synchronous=FULL</c>: an acknowledged write survives the loss of power.</summary>
    Full = 0,

    /// <summary>
    /// <c>synchronous=NORMAL</c>: an acknowledged write survives a crash of the process. The last ones may be lost with the power, and a
    /// lost sign-out brings the session back.
    /// </summary>
    Normal = 1,
}

/// <summary>The settings of a <see cref="SqliteStore"/>. They are read once, when the store is made.</summary>
public sealed class SqliteStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// The connection string, such as <c>Data Source=app.db</c>. The file and its table are created if they are missing; on Unix with
    /// the mode 0600. <c>Data Source=:memory:</c> keeps sessions as long as the store lives.
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
    /// A connection of the application, in place of <see cref="ConnectionString"/>. Only this store may use it. The store never
    /// disposes of it.
    /// </summary>
    public SqliteConnection? Connection { get; set; }

    /// <summary>
    /// Which connection string of the application's configuration <c>UseSqlite()</c> takes, if neither <see cref="Connection"/> nor
    /// <see cref="ConnectionString"/> is set. Null (default): <c>Sessions</c>, or else <c>Sqlite</c>.
    /// </summary>
    /// <remarks>Only <c>UseSqlite</c> reads it. <c>new SqliteStore(options)</c> has no configuration to look in.</remarks>
    public string? ConnectionName { get; set; }

    /// <summary>
    /// The name of the table: 1 to 64 characters out of <c>a-z A-Z 0-9 _</c>, of which the first is no digit. Default:
    /// <c>sact_sessions</c>. The names of its indexes and of the version table begin with it.
    /// </summary>
    public string Table { get; set; } = "sact_sessions";

    /// <summary>What an acknowledged write survives. Default: <see cref="SqliteDurability.Full"/>.</summary>
    public SqliteDurability Durability { get; set; }

    /// <summary>
    /// How long a write waits for another process to release the file. Default: 2 seconds; from 1 millisecond to 1 minute. Keep it below
    /// <c>StoreTimeout</c>.
    /// </summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many writes may wait before further ones wait for a place. Default: 1,024; at least 1.</summary>
    public int QueueCapacity { get; set; } = 1024;

    /// <summary>
    /// Whether <see cref="ConnectionString"/> was set. A value that is empty is a mistake, and no other file takes its place.
    /// </summary>
    internal bool IsConnectionStringChosen { get; private set; }
}
