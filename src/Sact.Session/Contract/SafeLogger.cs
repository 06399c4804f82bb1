using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>A logger that never throws: an exception of a log provider must not stop a write halfway.</summary>
[SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A log provider's exception is not the store's.")]
internal sealed class SafeLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
        }
    }
}
