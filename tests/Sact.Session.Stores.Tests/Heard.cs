using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores.Tests;

/// <summary>All that was thrown and logged.</summary>
internal sealed class Heard : ILoggerFactory, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public List<Exception> Faults { get; } = [];

    public async Task RunAsync(Func<Task> call)
    {
        if (await Record.ExceptionAsync(call) is { } fault)
        {
            Faults.Add(fault);
        }
    }

    public void AssertSilent(string canary)
    {
        Assert.All(Lines, line => Assert.DoesNotContain(canary, line, StringComparison.OrdinalIgnoreCase));
        Assert.All(Faults, fault =>
        {
            Assert.DoesNotContain(canary, fault.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(canary, Everything(fault), StringComparison.OrdinalIgnoreCase);
        });
    }

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
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{formatter(state, exception)} {exception} {Everything(state)} {Everything(exception)}");

    /// <summary>What a logger finds that takes an object apart.</summary>
    private static string Everything(object? root)
    {
        var text = new StringBuilder();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        void Visit(object? value, int depth)
        {
            bool isOther = value is null or MemberInfo or Assembly or Module or Thread or Task;
            if (isOther || depth > 8 || (!value!.GetType().IsValueType && !seen.Add(value)))
            {
                return;
            }

            text.Append(value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : value).Append('\n');
            if (value is string or byte[] || value.GetType().IsPrimitive)
            {
                return;
            }

            if (value is IEnumerable items)
            {
                foreach (object? item in items)
                {
                    Visit(item, depth + 1);
                }
            }

            var properties = value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance);
            foreach (var property in properties.Where(property => property.GetIndexParameters().Length == 0))
            {
                try
                {
                    Visit(property.GetValue(value), depth + 1);
                }
                catch (Exception fault) when (fault is TargetInvocationException or NotSupportedException)
                {
                }
            }
        }

        Visit(root, 0);
        return text.ToString();
    }
}
