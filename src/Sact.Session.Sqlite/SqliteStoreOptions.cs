using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>How safe a write is against a loss of power.</summary>
public enum SqliteDurability
{
    /// <summary><c>synchronous=FULL</c>: an acknowledged write survives the loss of power.</summary>
    Full = 0,

    /// <summary>
    /// <c>synchronous=NORMAL</c>: an acknowledged write survives a crash of the process, but the last ones may be lost with the power. A sign-out that is lost brings the session back.
    /// </summary>
    Normal = 1,
}

/// <summary>What a <see cref="SqliteStore"/> needs to be told. Read once, when the store is made.</summary>
public sealed class SqliteStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// The connection string, such as <c>Data Source=app.db</c>. The file and its table are created if they are not there. <c>Data Source=:memory:</c> keeps sessions as long as the store lives.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>A connection of the application's own, used in place of <see cref="ConnectionString"/>, for this store alone, one statement at a time. It is never disposed of.</summary>
    public SqliteConnection? Connection { get; set; }

    /// <summary>The table's name: 1 to 64 characters out of <c>a-z A-Z 0-9 _</c>, not beginning with a digit; default <c>sact_sessions</c>. Its index and version table are named after it.</summary>
    public string Table { get; set; } = "sact_sessions";

    /// <summary>How safe a write is against a loss of power; default <see cref="SqliteDurability.Full"/>.</summary>
    public SqliteDurability Durability { get; set; }

    /// <summary>How long a write waits for another process to give the file free; default 2 seconds, 1 millisecond to 1 minute. Keep it under <c>StoreTimeout</c>.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many writes may wait for their turn before further ones wait for room; default 1,024, at least 1.</summary>
    public int QueueCapacity { get; set; } = 1024;
}
