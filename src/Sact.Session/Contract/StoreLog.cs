using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>The log events of the base class of stores.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(19, LogLevel.Warning, "The wall clock and the running time differ by more than the skew margin: no expired session is destroyed until they agree again.")]
    public static partial void ClockJumped(ILogger logger);
}
