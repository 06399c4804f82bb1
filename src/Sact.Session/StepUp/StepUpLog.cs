using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of requirements.</summary>
internal static partial class StepUpLog
{
    [LoggerMessage(
        23, LogLevel.Information,
        "Session {Key} is not as fresh as the endpoint requires, or its level is too low. The user must prove their identity again.")]
    public static partial void Insufficient(ILogger logger, SessionKey key);
}
