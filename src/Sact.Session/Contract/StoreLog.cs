using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>The log events that every store shares. They carry a session key at most, never an id, a value or a user id.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(
        19,
        LogLevel.Warning,
        "The wall clock and the running time of the process differ by more than 10 minutes. No expired session is destroyed until they "
        + "agree again, for 24 hours at most. Check the clock of this machine.")]
    public static partial void ClockJumped(ILogger logger);

    [LoggerMessage(
        25,
        LogLevel.Error,
        "The stored record of the session {Key} cannot be read. The session is treated as absent and the record is not changed.")]
    public static partial void Unreadable(ILogger logger, string key, Exception exception);
}
