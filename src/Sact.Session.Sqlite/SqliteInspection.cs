using System.Globalization;

namespace Sact.Session;

/// <summary>Looks at the file for the health check: whether it takes writes, what a commit survives, and the room on the disk.</summary>
internal static class SqliteInspection
{
    private const long Mebibyte = 1024 * 1024;
    private const long LeastFree = 64 * Mebibyte;

    // PRAGMA synchronous answers 2 for FULL.
    private const long Full = 2;

    public static async ValueTask<StoreHealth> RunAsync(SqliteDatabase database, CancellationToken cancellationToken)
    {
        var (journal, synchronous) = await database.ReadByWriterAsync(
            static writer => (
                Convert.ToString(writer.Command("PRAGMA journal_mode").ExecuteScalar(), CultureInfo.InvariantCulture) ?? "",
                Convert.ToInt64(writer.Command("PRAGMA synchronous").ExecuteScalar(), CultureInfo.InvariantCulture)),
            cancellationToken).ConfigureAwait(false);
        var failures = new List<string>();
        var warnings = new List<string>();
        var figures = new Dictionary<string, object> { ["journal_mode"] = journal, ["synchronous"] = synchronous };
        if (database.IsReadOnly)
        {
            failures.Add(
                $"The SQLite file {database.Name} is read-only, so nobody can sign in or out. "
                + "Give the process the right to write it and its folder, and start it again.");
        }
        else if (synchronous < Full && database.Durability == SqliteDurability.Full)
        {
            warnings.Add(
                "The SQLite connection has another PRAGMA synchronous than FULL, so the loss of power loses sign-outs. "
                + "Do not change it on the connection of the store.");
        }

        if (database.Path.Length > 0)
        {
            LookAtFile(database, journal, failures, warnings, figures);
        }

        return new StoreHealth { Failures = failures, Warnings = warnings, Figures = figures };
    }

    private static void LookAtFile(
        SqliteDatabase database, string journal, List<string> failures, List<string> warnings, Dictionary<string, object> figures)
    {
        var file = new FileInfo(database.Path);
        if (!file.Exists)
        {
            failures.Add(
                $"The SQLite file {database.Name} was removed while it was open, so sessions are lost when this process ends. "
                + "Put it back, and start the process again.");
            return;
        }

        figures["file_bytes"] = file.Length;
        if (journal != "wal" && !database.IsReadOnly)
        {
            warnings.Add(
                $"The SQLite file {database.Name} has the journal mode {journal} and not WAL, so reads wait for writes. "
                + "Look which program has changed it.");
        }

        if (FreeBytes(database.Path) is { } free)
        {
            figures["disk_free_bytes"] = free;
            if (free < LeastFree)
            {
                warnings.Add(
                    $"The disk of the SQLite file {database.Name} has {free / Mebibyte} MiB left. On a full disk nobody can sign in. "
                    + "Make room.");
            }
        }
    }

    private static long? FreeBytes(string path)
    {
        try
        {
            return new DriveInfo(path).AvailableFreeSpace;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A share of the network on Windows is no drive.
            return null;
        }
    }
}
