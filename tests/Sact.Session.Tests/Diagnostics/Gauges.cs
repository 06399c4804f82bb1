using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session.Tests;

/// <summary>The gauges <c>sact.session.active</c> and <c>sact.session.watched</c>.</summary>
public sealed class Gauges : IDisposable
{
    private const string Active = "sact.session.active";
    private const string Watched = "sact.session.watched";

    private readonly MeasuringMeterFactory _meters = new();

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task CountInTheBackgroundAndNeverWait()
    {
        var host = new SessionHost(options => options.MeterFactory = _meters);
        await host.SignInAsync();
        var gate = new Gate();
        host.Store.Before = (_, _) => gate.PassAsync();

        Assert.Empty(_meters.Collect(Active));
        await gate.Reached;
        Assert.Empty(_meters.Collect(Active));
        gate.Open();
        await CountedAsync(host);

        Assert.Equal([(1d, "registration=default")], _meters.Collect(Active));
    }

    [Fact]
    public async Task CountAtMostOncePerInterval()
    {
        var host = new SessionHost(options => options.MeterFactory = _meters);
        await host.SignInAsync();
        _meters.Collect(Active);
        await CountedAsync(host);
        await host.SignInAsync("bob");

        host.Clock.Advance(host.Options.ActiveCountInterval!.Value - TimeSpan.FromSeconds(1));
        Assert.Equal([(1d, "registration=default")], _meters.Collect(Active));
        await CountedAsync(host);
        Assert.Equal(1, host.Store.Count("count"));

        host.Clock.Advance(TimeSpan.FromSeconds(1));
        _meters.Collect(Active);
        await CountedAsync(host);
        Assert.Equal(2, host.Store.Count("count"));
        Assert.Equal([(2d, "registration=default")], _meters.Collect(Active));
    }

    [Fact]
    public async Task CountNothingIfNobodyCollectsOrIfItIsOff()
    {
        var idle = new SessionHost(options => options.MeterFactory = _meters);
        var off = new SessionHost(options => (options.MeterFactory, options.ActiveCountInterval) = (_meters, null));
        await idle.SignInAsync();
        await off.SignInAsync();
        Assert.Equal(0, idle.Store.Count("count"));

        _meters.Collect(Active);
        await CountedAsync(idle);

        Assert.Equal(1, idle.Store.Count("count"));
        Assert.Equal(0, off.Store.Count("count"));
    }

    /// <summary>A number from before an outage would hide it.</summary>
    [Fact]
    public async Task ReportNothingAfterACountThatFails()
    {
        var host = new SessionHost(options => options.MeterFactory = _meters);
        await host.SignInAsync();
        _meters.Collect(Active);
        await CountedAsync(host);
        host.Store.Before = (_, _) => throw new InvalidOperationException("down");

        host.Clock.Advance(host.Options.ActiveCountInterval!.Value);
        _meters.Collect(Active);
        await CountedAsync(host);

        Assert.Empty(_meters.Collect(Active));
        Assert.Contains(host.Events, logged => logged.Id.Id == 12);
    }

    /// <summary>A count that the store never answers is not made a second time, and an old number does not stay.</summary>
    [Fact]
    public async Task ReportNothingWhileACountHangs()
    {
        var host = new SessionHost(options => options.MeterFactory = _meters);
        await host.SignInAsync();
        _meters.Collect(Active);
        await CountedAsync(host);
        var gate = new Gate();
        host.Store.Before = (_, _) => gate.PassAsync();
        host.Clock.Advance(host.Options.ActiveCountInterval!.Value);
        Assert.Single(_meters.Collect(Active));
        await gate.Reached;

        host.Clock.Advance(host.Options.ActiveCountInterval!.Value);

        Assert.Empty(_meters.Collect(Active));
        Assert.Equal(2, host.Store.Count("count"));
        gate.Open();
    }

    [Fact]
    public async Task TellRegistrationsApart()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSingleton<IMeterFactory>(_meters);
            services.AddLogging();
            services.AddSactSession();
            services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin");
        });
        foreach (var service in app.Services.GetServices<IHostedService>())
        {
            await service.StartAsync(TestContext.Current.CancellationToken);
        }

        await app.Request().GetSactSession("admin").SetAsync("alice");
        _meters.Collect(Active);
        foreach (var source in app.Services.GetRequiredService<SessionRegistry>().Sources)
        {
            await source.Backend.Counting;
        }

        Assert.Equal(
            [(0d, "registration=default"), (1d, "registration=admin")], _meters.Collect(Active));
        Assert.Equal(
            [(0d, "registration=default"), (0d, "registration=admin")], _meters.Collect(Watched));
        Assert.Single(_meters.Published, instrument => instrument.Name == Active);
    }

    [Fact]
    public async Task CountTheWatchedConnectionsOfThisNode()
    {
        var host = new SessionHost(options => options.MeterFactory = _meters);
        string id = await host.SignInAsync();
        Assert.Equal([(0d, "registration=default")], _meters.Collect(Watched));

        ISactSession session = host.Request(id).Session;
        await session.GetAsync();
        var token = session.EndedToken;

        Assert.False(token.IsCancellationRequested);
        Assert.Equal([(1d, "registration=default")], _meters.Collect(Watched));
    }

    [Fact]
    public async Task DisappearWithTheirApplication()
    {
        var app = new TestApp(services =>
        {
            services.AddSingleton<IMeterFactory>(_meters);
            services.AddSactSession();
        });
        await app.Request().GetSactSession().SetAsync("alice");
        Assert.Single(_meters.Collect(Watched));

        await app.DisposeAsync();

        Assert.Empty(_meters.Collect(Watched));
    }

    private static Task CountedAsync(SessionHost host) =>
        SessionBackend.Of(host.Store, host.Options.Services).Counting.WaitAsync(TimeSpan.FromSeconds(30));
}
