using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// An application in which something breaks, with all that an operator sees of it: counters, log events, the health check. It shows
/// nothing else.
/// </summary>
internal sealed class DrilledApplication : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, bool> _seen = new();
    private readonly CapturedLog _log = new();
    private readonly MeterListener _listener = new();
    private readonly ServiceProvider _services;

    public DrilledApplication(
        Func<IServiceProvider, IGenericStore> create, TimeProvider? clock = null, Action<SactSessionOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddMetrics();
        services.AddSingleton<ILoggerFactory>(_log);
        services.AddLogging();
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddSactSession(configure).UseStore(create);
        services.AddHealthChecks().AddSactSession(timeout: TimeSpan.FromSeconds(2));
        _services = services.BuildServiceProvider();
        new ApplicationBuilder(_services).UseSactSession();
        var meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Sact.Session" && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, labels, _) =>
        {
            _seen[instrument.Name] = true;
            foreach (var (label, value) in labels)
            {
                _seen[$"{instrument.Name}{{{label}=\"{value}\"}}"] = true;
            }
        });
        _listener.Start();
    }

    /// <summary>Forgets what was seen while all was well.</summary>
    public void Forget() => _seen.Clear();

    /// <summary>Signs in, and returns the session id.</summary>
    public async Task<string> SignInAsync(string user)
    {
        var session = Request(null);
        await session.SetAsync(user);
        return session.GetSessionId();
    }

    /// <summary>The session of a request that presents an id.</summary>
    public ISactSession Request(string? id)
    {
        var context = new DefaultHttpContext { RequestServices = _services.CreateScope().ServiceProvider };
        if (id is not null)
        {
            context.Request.Headers.Cookie = $"__Host-sid={id}";
        }

        return context.GetSactSession();
    }

    /// <summary>Whether the user of an id is signed out for the user who looks at the page: a 401, or a 503.</summary>
    public async Task<bool> IsOutAsync(string id)
    {
        try
        {
            return await Request(id).GetAsync() is null;
        }
        catch (SessionStoreException)
        {
            return true;
        }
    }

    /// <summary>
    /// Whether a signal of the runbook is seen: a counter with or without a label, an event, or words of the health check.
    /// </summary>
    public async Task<bool> SeesAsync(string signal)
    {
        if (signal.StartsWith("sact.session.", StringComparison.Ordinal))
        {
            return _seen.ContainsKey(signal);
        }

        if (signal.StartsWith("event ", StringComparison.Ordinal))
        {
            return _log.Entries.Any(entry => $"event {entry.Id}" == signal);
        }

        var report = await _services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        var entry = Assert.Single(report.Entries).Value;
        return entry.Status != HealthStatus.Healthy
            && $"{entry.Status} {entry.Description}".Contains(signal, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _services.DisposeAsync();
    }
}
