using Microsoft.Extensions.Logging;

namespace Sact.Session;

internal static partial class SqliteLog
{
    [LoggerMessage(102, LogLevel.Error, "The SQLite file {File} is read-only: sessions can be read, and nobody can sign in or out. "
        + "Give the process the right to write it and its folder.")]
    public static partial void ReadOnly(ILogger logger, string file);
}
