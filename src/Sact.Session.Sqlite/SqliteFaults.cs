using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>What SQLite's result codes mean to an operator. No path and no password in it.</summary>
internal static class SqliteFaults
{
    public const string Disposed = "The SQLite store has been disposed of.";

    public static string Tell(Exception fault) => fault is SqliteException sqlite
        ? sqlite.SqliteErrorCode switch
        {
            // SQLite's own words here name tables and columns, never a value.
            1 => sqlite.Message,
            5 or 6 => "the file is locked by another process for longer than BusyTimeout. Look who holds it, or raise SqliteStoreOptions.BusyTimeout.",
            8 => "the file is read-only. Give the process the right to write it and its folder.",
            10 => "the disk reports an I/O error. Look at the machine's disk.",
            11 or 26 => "the file is corrupt or no SQLite database. Restore it from a backup, and end all sessions after that.",
            13 => "the disk is full. Make room.",
            14 => "the file cannot be opened. Look at the path in the connection string and at the folder's rights.",
            _ => $"SQLite error {sqlite.SqliteExtendedErrorCode}.",
        }
        : fault.GetType().Name + ".";
}
