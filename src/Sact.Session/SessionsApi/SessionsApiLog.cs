using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of the sessions API.</summary>
internal static partial class SessionsApiLog
{
    [LoggerMessage(24, LogLevel.Warning, "Another site sent a request to end sessions. It was refused before any session was read.")]
    public static partial void CrossSite(ILogger logger);
}
