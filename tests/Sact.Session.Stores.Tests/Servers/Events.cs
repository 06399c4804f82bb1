using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores.Tests;

/// <summary>The numbers of the events that were logged.</summary>
internal sealed class Events : ILoggerFactory, ILogger
{
    public ConcurrentQueue<int> Seen { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState,
        Exception?,
        string> formatter) => Seen.Enqueue(eventId.Id);
}
