using Microsoft.Extensions.Logging;

namespace Sact.Session;

internal static partial class RedisLog
{
    [LoggerMessage(121, LogLevel.Error, "The session {Key} cannot be read from Redis; it is left alone and treated as absent.")]
    public static partial void Unreadable(ILogger logger, string key, Exception exception);

    [LoggerMessage(122, LogLevel.Warning, "The server does not tell its maxmemory-policy (INFO memory); see to it that it is noeviction.")]
    public static partial void PolicyUnknown(ILogger logger, Exception exception);
}
