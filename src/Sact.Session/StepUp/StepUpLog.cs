using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of requirements.</summary>
internal static partial class StepUpLog
{
    [LoggerMessage(23, LogLevel.Information, "Session {Key} was asked to prove its user again: it is not as fresh, or of as high a level, as the endpoint asks.")]
    public static partial void Insufficient(ILogger logger, SessionKey key);
}
