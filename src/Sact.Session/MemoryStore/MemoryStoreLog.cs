using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of the memory store.</summary>
internal static partial class MemoryStoreLog
{
    [LoggerMessage(20, LogLevel.Debug, "The memory store removed the anonymous session {Key} to make room for another session.")]
    public static partial void AnonymousEvicted(ILogger logger, SessionKey key);

    [LoggerMessage(
        21,
        LogLevel.Error,
        "The memory store is full and refuses a write. Its limit is {MaxBytes} bytes, a tenth of which is for anonymous sessions. Raise "
        + "MemoryStoreOptions.MaxBytes or use another store.")]
    public static partial void MemoryFull(ILogger logger, long maxBytes);
}
