using System.Collections;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores.Tests;

/// <summary>Everything that was logged, as an operator's log collector would keep it: message, values, exceptions and their data.</summary>
internal sealed class CapturedLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _entries = new();

    public IReadOnlyList<(int Id, LogLevel Level, string Text)> Entries => [.. _entries];

    /// <summary>Runs with the id of each event; null for nothing.</summary>
    public Action<int>? Logged { get; set; }

    public string Text => string.Join('\n', _entries.Select(entry => entry.Text));

    /// <summary>All that an exception shows: the text of every exception in it, and every entry of their data.</summary>
    public static string Of(Exception? exception) => exception is null ? "" : string.Join('\n', Parts(exception));

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
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(", ", pairs) : "";
        _entries.Enqueue((eventId.Id, logLevel, $"{formatter(state, exception)} [{values}] {Of(exception)}"));
        Logged?.Invoke(eventId.Id);
    }

    private static IEnumerable<string> Parts(Exception exception)
    {
        yield return exception.ToString();
        foreach (DictionaryEntry entry in exception.Data)
        {
            yield return $"{entry.Key} = {entry.Value}";
        }

        var inner = exception is AggregateException many ? many.InnerExceptions : (IEnumerable<Exception?>)[exception.InnerException];
        foreach (string part in inner.OfType<Exception>().SelectMany(Parts))
        {
            yield return part;
        }
    }
}
