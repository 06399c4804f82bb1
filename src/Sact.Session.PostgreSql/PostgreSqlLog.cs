using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// The events of the store. An event names a session key or an address at most, never a session id, a value, a password or a user id.
/// </summary>
internal static partial class PostgreSqlLog
{
    [LoggerMessage(201, LogLevel.Error, "The session {Key} in PostgreSQL is unreadable. It is treated as absent and is not deleted.")]
    public static partial void Unreadable(ILogger logger, string key, Exception exception);

    [LoggerMessage(202, LogLevel.Warning, "The clocks of this machine and of the PostgreSQL server differ by more than the skew margin. "
        + "No expired session is deleted until they agree again.")]
    public static partial void ClocksDiffer(ILogger logger);

    [LoggerMessage(203, LogLevel.Error, "PostgreSQL is down for sessions. Calls fail at once until it answers again. {Cause}")]
    public static partial void Down(ILogger logger, string cause);

    [LoggerMessage(204, LogLevel.Information, "PostgreSQL at {Address} answers again, after {Duration}.")]
    public static partial void Up(ILogger logger, string address, TimeSpan duration);
}
