using Microsoft.Extensions.Logging;

namespace Sact.Session;

internal static partial class PostgreSqlLog
{
    [LoggerMessage(201, LogLevel.Error, "The session {Key} cannot be read from PostgreSQL; it is left alone and treated as absent.")]
    public static partial void Unreadable(ILogger logger, string key, Exception exception);

    [LoggerMessage(202, LogLevel.Warning, "The clocks of this machine and of the PostgreSQL server differ by more than the skew margin: no expired session is destroyed until they agree again.")]
    public static partial void ClocksDiffer(ILogger logger);
}
