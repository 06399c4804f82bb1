using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// The events of the store. An event names a session key or an address at most, never a session id, a value, a password or a user id.
/// </summary>
internal static partial class PostgreSqlLog
{
    [LoggerMessage(202, LogLevel.Warning, "The clocks of this machine and of the PostgreSQL server differ by more than the skew margin. "
        + "No expired session is deleted until they agree again.")]
    public static partial void ClocksDiffer(ILogger logger);

    [LoggerMessage(203, LogLevel.Error, "PostgreSQL is down for sessions. Calls fail at once until it answers again. {Cause}")]
    public static partial void Down(ILogger logger, string cause);

    [LoggerMessage(204, LogLevel.Information, "PostgreSQL at {Address} answers again, after {Duration}.")]
    public static partial void Up(ILogger logger, string address, TimeSpan duration);

    [LoggerMessage(205, LogLevel.Warning, "PostgreSQL at {Address} refuses a prepared statement with error {SqlState}. The store prepares "
        + "none from now on, so a call takes longer. If a pooler is the reason, add Max Auto Prepare=0 to the connection string.")]
    public static partial void NotPrepared(ILogger logger, string address, string sqlState);
}
