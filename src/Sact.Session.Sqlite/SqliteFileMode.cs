using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>
/// Creates the file before SQLite does, so that only its owner may read and write it from the first moment. SQLite gives its log and
/// the index of the log the mode of the file.
/// </summary>
internal static class SqliteFileMode
{
    private const string UriScheme = "file:";
    private const string InMemory = ":memory:";
    private const string DataDirectory = "|DataDirectory|";

    /// <summary>Creates the file if SQLite would. A file that is already there keeps its mode. Windows has no such modes.</summary>
    public static void Create(SqliteConnectionStringBuilder connectionString)
    {
        if (OperatingSystem.IsWindows()
            || connectionString.Mode != SqliteOpenMode.ReadWriteCreate
            || PathOf(connectionString.DataSource) is not { } path
            || File.Exists(path))
        {
            return;
        }

        try
        {
            var file = new FileInfo(path);
            string target = file.LinkTarget is null ? path : file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
            new FileStream(target, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Another process was faster, or the path cannot work. SQLite opens it next, and reports what is wrong.
        }
    }

    /// <summary>
    /// Where the provider and SQLite will look for the file; null for a database without one, or where nothing is created.
    /// </summary>
    private static string? PathOf(string dataSource)
    {
        if (dataSource.StartsWith(UriScheme, StringComparison.OrdinalIgnoreCase))
        {
            return PathOfUri(dataSource[UriScheme.Length..]);
        }

        if (dataSource is "" or InMemory)
        {
            return null;
        }

        if (AppDomain.CurrentDomain.GetData("DataDirectory") is not string { Length: > 0 } folder)
        {
            return dataSource;
        }

        bool named = dataSource.StartsWith(DataDirectory, StringComparison.OrdinalIgnoreCase);
        return Path.Combine(folder, named ? dataSource[DataDirectory.Length..] : dataSource);
    }

    private static string? PathOfUri(string uri)
    {
        string[] parts = uri.Split('#')[0].Split('?', 2);
        if (parts.Length > 1 && parts[1].Split('&').Any(static option => option is "mode=memory" or "mode=ro" or "mode=rw"))
        {
            return null;
        }

        // Behind two slashes comes an authority, which is empty or localhost.
        string path = parts[0].StartsWith("//", StringComparison.Ordinal) ? parts[0][Math.Max(parts[0].IndexOf('/', 2), 2)..] : parts[0];
        return path is "" or InMemory ? null : Uri.UnescapeDataString(path);
    }
}
