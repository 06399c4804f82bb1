using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>Records the log events of one category; by default those of the session.</summary>
internal sealed class EventLog(string category = "Sact.Session") : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, int Id)> _events = new();

    public IReadOnlyList<(LogLevel Level, int Id)> Events => [.. _events];

    public ILogger CreateLogger(string categoryName) =>
        categoryName == category ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _events.Enqueue((logLevel, eventId.Id));

    public void Dispose()
    {
    }
}
