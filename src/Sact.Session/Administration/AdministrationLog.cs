using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of administration: who ended what. None of them has a user id.</summary>
internal static partial class AdministrationLog
{
    [LoggerMessage(60, LogLevel.Information, "The administrator {Actor} ended session {Key}.")]
    public static partial void EndedOne(ILogger logger, string actor, SessionKey key);

    [LoggerMessage(61, LogLevel.Information, "The administrator {Actor} ended {Count} sessions of one user.")]
    public static partial void EndedUser(ILogger logger, string actor, long count);

    [LoggerMessage(62, LogLevel.Information, "The administrator {Actor} ended {Count} sessions that a query found by {Conditions}.")]
    public static partial void EndedMatching(ILogger logger, string actor, long count, string conditions);

    [LoggerMessage(63, LogLevel.Information, "The administrator {Actor} ended all {Count} sessions of the registration.")]
    public static partial void EndedAll(ILogger logger, string actor, long count);

    [LoggerMessage(
        64,
        LogLevel.Warning,
        "The administrator {Actor} did not finish ending sessions. {Count} have certainly ended, and others may have.")]
    public static partial void Failed(ILogger logger, string actor, long count, Exception exception);
}
