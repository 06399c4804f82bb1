using Microsoft.Extensions.Logging;

namespace Sact.Session;

internal static partial class SqliteLog
{
    [LoggerMessage(101, LogLevel.Error, "The session {Key} cannot be read from SQLite; it is left alone and treated as absent.")]
    public static partial void Unreadable(ILogger logger, string key, Exception exception);

    [LoggerMessage(102, LogLevel.Error, "The SQLite file {File} is read-only: sessions are read, but nobody can sign in or out. Give the process the right to write it and its folder.")]
    public static partial void ReadOnly(ILogger logger, string file);
}
