using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of the memory store.</summary>
internal static partial class MemoryStoreLog
{
    [LoggerMessage(20, LogLevel.Debug, "An anonymous session, {Key}, made room for another.")]
    public static partial void AnonymousEvicted(ILogger logger, SessionKey key);

    [LoggerMessage(21, LogLevel.Error, "The memory store has no room ({MaxBytes} bytes in all, a tenth of it for anonymous sessions): a write is refused. Raise MemoryStoreOptions.MaxBytes or choose another store.")]
    public static partial void MemoryFull(ILogger logger, long maxBytes);
}
