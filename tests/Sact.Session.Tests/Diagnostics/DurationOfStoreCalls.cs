using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session.Tests;

/// <summary>The histogram <c>sact.session.store.duration</c>.</summary>
public sealed class DurationOfStoreCalls : IDisposable
{
    private const string Name = "sact.session.store.duration";

    private readonly MeasuringMeterFactory _meters = new();
    private readonly SessionHost _host;

    public DurationOfStoreCalls() => _host = new SessionHost(
        options => (options.MeterFactory, options.ActiveCountInterval) = (_meters, null));

    public void Dispose()
    {
        _meters.Dispose();
        ((IDisposable)_host).Dispose();
    }

    [Fact]
    public void HasTheUnitAndTheBucketsOfTheConventions()
    {
        _host.Options.Services.ToString();

        var histogram = Assert.IsType<Histogram<double>>(_meters.Published.Find(instrument => instrument.Name == Name));
        Assert.Equal("s", histogram.Unit);
        Assert.Equal([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10], histogram.Advice!.HistogramBucketBoundaries!);
    }

    [Fact]
    public async Task IsMeasuredOnceForEachCall()
    {
        string id = await _host.SignInAsync();
        _host.Store.Before = (_, _) =>
        {
            _host.Clock.Advance(TimeSpan.FromMilliseconds(250));
            return default;
        };
        _meters.Collect(Name);

        await _host.Request(id).Session.DeleteAsync();

        Assert.Equal(
            [(0.25, "operation=read,outcome=ok"), (0.25, "operation=delete,outcome=ok")], _meters.Collect(Name));
    }

    [Fact]
    public async Task TellsAFaultATimeOutAndACancellationApart()
    {
        string id = await _host.SignInAsync();
        _meters.Collect(Name);

        _host.Store.Before = (_, _) => throw new InvalidOperationException("down");
        await Assert.ThrowsAsync<SessionStoreException>(() => _host.WhoAsync(id));
        Assert.Equal([(0d, "operation=read,outcome=fault")], _meters.Collect(Name));

        _host.Store.Before = (_, _) => throw new SessionStoreException("slow", new IOException("", new TimeoutException()));
        await Assert.ThrowsAsync<SessionStoreException>(() => _host.WhoAsync(id));
        Assert.Equal([(0d, "operation=read,outcome=timeout")], _meters.Collect(Name));

        var gate = new Gate();
        _host.Store.Before = (_, _) => gate.PassAsync();
        using var cancellation = new CancellationTokenSource();
        var reading = _host.Request(id).Session.GetAsync(cancellationToken: cancellation.Token).AsTask();
        await gate.Reached;
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        gate.Open();
        Assert.Equal([(0d, "operation=read,outcome=cancelled")], _meters.Collect(Name));
    }

    [Fact]
    [Trait("abuse", "J6")]
    public async Task WhoseListenerThrowsStopsNobody()
    {
        _meters.OnMeasure = () => throw new InvalidOperationException("The listener is down.");

        string id = await _host.SignInAsync();
        await _host.Request(id).Session.DeleteAsync();

        Assert.Equal(0, await _host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task IsMeasuredForACleanup()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSingleton<IMeterFactory>(_meters);
            services.AddLogging();
            services.AddSactSession(options => options.CleanupInterval = TimeSpan.FromMinutes(8));
        });
        foreach (var service in app.Services.GetServices<IHostedService>())
        {
            await service.StartAsync(TestContext.Current.CancellationToken);
        }

        // The cleanup waits on its timer as soon as it runs.
        var swept = new TaskCompletionSource();
        _meters.OnMeasure = () => swept.TrySetResult();
        while (!swept.Task.IsCompleted)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(10));
            await Task.Yield();
        }

        Assert.Contains((0d, "operation=sweep,outcome=ok"), _meters.Collect(Name));
    }
}
