using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tool;

/// <summary>
/// Writes warnings, and who ended which sessions (events 60 to 63), as lines beside the answer. The events of the library have no user id.
/// </summary>
internal sealed class LinesOfLog(TextWriter output) : ILoggerProvider, ILogger
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None;

    [SuppressMessage("Usage", "CA2254", Justification = "The message is written, not logged.")]
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Warning || (logLevel == LogLevel.Information && eventId.Id is >= 60 and <= 63))
        {
            lock (_lock)
            {
                output.WriteLine($"{logLevel} {eventId.Id}: {Printable.Of(formatter(state, null))}");
            }
        }
    }

    public void Dispose()
    {
    }
}
