using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>What the result codes of SQLite mean to an operator. No path, password or user id is in it.</summary>
internal static class SqliteFaults
{
    public const string Disposed = "The SQLite store has been disposed of.";

    public static string Explain(Exception fault) => fault is SqliteException sqlite
        ? sqlite.SqliteErrorCode switch
        {
            // The messages of SQLite name tables and columns here, and never a value.
            1 => sqlite.Message,
            5 or 6 => "another process has locked the file for longer than BusyTimeout. "
                + "Look which one it is, or raise SqliteStoreOptions.BusyTimeout.",
            8 => "the file is read-only. Give the process the right to write it and its folder.",
            10 => $"the disk reports an I/O error (SQLite error {sqlite.SqliteExtendedErrorCode}). Check the disk of the machine.",
            11 or 26 => "the file is corrupt or no SQLite database. Restore it from a backup, and end all sessions after that.",
            13 => "the disk is full. Free some space.",
            14 => "the file cannot be opened. Check the path in the connection string and the rights of the folder.",
            _ => $"SQLite error {sqlite.SqliteExtendedErrorCode}.",
        }
        : fault.GetType().Name + ".";
}
