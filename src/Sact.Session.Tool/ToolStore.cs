using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tool;

/// <summary>The store of a command, with the administration over it.</summary>
internal sealed class ToolStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly ILoggerFactory _logs;

    private ToolStore(RecordStore store, ToolConsole console, ILoggerFactory logs)
    {
        Store = store;
        _logs = logs;
        var services = new ServiceCollection();
        services.AddSingleton(logs);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(console.Clock);
        services.AddSactSession(options => options.StoreTimeout = StoreTimeout).UseStore(_ => store);
        _services = services.BuildServiceProvider();
    }

    /// <summary>How long one call may take: longer than in an application, where a request waits for it.</summary>
    private static TimeSpan StoreTimeout => TimeSpan.FromSeconds(30);

    public RecordStore Store { get; }

    /// <summary>Each store of this library has it.</summary>
    public ISessionQueryStore Queries => (ISessionQueryStore)Store;

    public ISessionAdministration Administration => _services.GetRequiredService<ISessionAdministration>();

    /// <summary>Opens the store that the options of a command name.</summary>
    /// <exception cref="ToolUsageException">An option or the connection string is missing or wrong.</exception>
    /// <exception cref="SessionStoreException">The store cannot be opened.</exception>
    public static ToolStore Open(ParseResult parsed, StoreOptions options, Option<string?> prefix, ToolConsole console) =>
        Open(options.Read(parsed, prefix), console);

    /// <inheritdoc cref="Open(ParseResult, StoreOptions, Option{string?}, ToolConsole)"/>
    public static ToolStore Open(StoreChoice choice, ToolConsole console)
    {
        var logs = LoggerFactory.Create(builder => builder.AddProvider(new LinesOfLog(console.Error)));
        try
        {
            return new ToolStore(new StoreOpener(console, logs).Open(choice), console, logs);
        }
        catch
        {
            logs.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync().ConfigureAwait(false);
        switch (Store)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }

        _logs.Dispose();
    }
}
