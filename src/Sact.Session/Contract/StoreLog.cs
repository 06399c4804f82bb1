using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>The log events that every store shares. They carry a session key at most, never an id, a value or a user id.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(
        19,
        LogLevel.Warning,
        "The wall clock has jumped by more than 10 minutes against the running time of the process. What expired by the jump is destroyed "
        + "after the process has run for 24 hours more. Check the clock of this machine, unless it was asleep.")]
    public static partial void ClockJumped(ILogger logger);

    [LoggerMessage(
        25,
        LogLevel.Error,
        "The stored record of the session {Key} cannot be read. The session is treated as absent and the record is not changed.")]
    public static partial void Unreadable(ILogger logger, string key, Exception exception);
}
