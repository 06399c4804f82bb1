using Microsoft.Extensions.Logging;

namespace Sact.Session;

internal static partial class RedisLog
{
    [LoggerMessage(122, LogLevel.Warning, "The server does not show its maxmemory-policy (INFO memory). Make sure that it is noeviction.")]
    public static partial void PolicyUnknown(ILogger logger, Exception exception);

    [LoggerMessage(123, LogLevel.Error, "{Outage} Requests that need the session are answered with 503 until it is back. {Remedy}")]
    public static partial void Unreachable(ILogger logger, string outage, string remedy);

    [LoggerMessage(124, LogLevel.Information, "Redis at {Address} is reachable again.")]
    public static partial void Reached(ILogger logger, string address);
}
