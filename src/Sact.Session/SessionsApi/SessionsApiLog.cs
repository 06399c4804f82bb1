using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of the sessions API.</summary>
internal static partial class SessionsApiLog
{
    [LoggerMessage(24, LogLevel.Warning, "A request of another site to end sessions was refused, before any session was looked at.")]
    public static partial void CrossSite(ILogger logger);
}
