using System.Collections.Concurrent;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>
/// Hosts sessions without a server: a clock, a probed memory store, options, and requests on plain <see cref="DefaultHttpContext"/>s whose
/// responses never start.
/// </summary>
public sealed class SessionHost : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, EventId Id, string Message)> _events = new();

    public SessionHost(Action<SactSessionOptions>? configure = null, Action<MemoryStoreOptions>? configureStore = null)
    {
        var log = new LoggerFactory([this], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
        var storeOptions = new MemoryStoreOptions { TimeProvider = Clock, LoggerFactory = log };
        configureStore?.Invoke(storeOptions);
        Memory = new MemoryStore(storeOptions);
        Store = new ProbeStore(Memory);
        Options = new SactSessionOptions
        {
            TimeProvider = Clock,
            LoggerFactory = log,
            DataProtectionProvider = new EphemeralDataProtectionProvider(),
        };
        configure?.Invoke(Options);
    }

    /// <summary>Starts at 2030-01-01T00:00:00Z and moves only when the test moves it.</summary>
    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public MemoryStore Memory { get; }

    public ProbeStore Store { get; }

    public SactSessionOptions Options { get; }

    /// <summary>The events logged so far.</summary>
    public IReadOnlyList<(LogLevel Level, EventId Id, string Message)> Events => [.. _events];

    /// <summary>Runs with each event. A test may throw in it.</summary>
    public Action<EventId>? OnLog { get; set; }

    /// <summary>A new request with this session id, or none, as its cookie.</summary>
    public Exchange Request(string? sessionId = null) => RequestWithHeader(sessionId is null ? null : $"{Options.Cookie.Name}={sessionId}");

    /// <summary>A new request with this raw Cookie header, or none.</summary>
    public Exchange RequestWithHeader(string? cookieHeader)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "https";
        context.Request.Host = new HostString("example.test");
        if (cookieHeader is not null)
        {
            context.Request.Headers.Cookie = cookieHeader;
        }

        return new Exchange(context, new Session<ProbeStore>(context.Request, context.Response, Store, Options));
    }

    /// <summary>Signs a user in with a new request and returns the session id from its cookie.</summary>
    public async Task<string> SignInAsync(string userId = "alice", System.Text.Json.Nodes.JsonObject? metadata = null)
    {
        var exchange = Request();
        await exchange.Session.SetAsync(userId, metadata);
        return exchange.SentId ?? throw new InvalidOperationException("Signing in sent no cookie.");
    }

    /// <summary>The user id that a session id is signed in as, read by a new request. Null if it is not signed in.</summary>
    public async Task<string?> WhoAsync(string? sessionId) => (await Request(sessionId).Session.GetAsync())?.UserId;

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _events.Enqueue((logLevel, eventId, formatter(state, exception) + exception));
        OnLog?.Invoke(eventId);
    }

    void IDisposable.Dispose()
    {
    }
}
