using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>Anybody can begin an anonymous session, so a node limits how many begin per minute. Users are not affected.</summary>
public sealed class FloodsOfVisitors : IDisposable
{
    private const int Limit = 60;

    private readonly SummingMeterFactory _meters = new();

    public static TheoryData<Served> Servers => BridgedSite.Servers;

    public void Dispose() => _meters.Dispose();

    [Fact]
    [Trait("abuse", "J7")]
    public async Task BeginNoMoreSessionsThanTheLimit()
    {
        var host = new SessionHost(Limited);

        int begun = await FloodAsync(host, 500);

        Assert.Equal((Limit, Limit), (begun, await host.Memory.CountActiveSessionsAsync()));
        Assert.Equal(500 - Limit, _meters.Sum("sact.session.anonymous_refused"));
        Assert.Equal(Limit, host.Store.Calls.Count(call => call == "create"));
    }

    [Fact]
    [Trait("abuse", "J7")]
    public async Task GetNewPlacesEvenlyOverTheMinuteAndNeverMoreThanTheLimit()
    {
        var host = new SessionHost(Limited);
        await FloodAsync(host, Limit);

        host.Clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(0, await FloodAsync(host, 2));
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await FloodAsync(host, 2));
        host.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10, await FloodAsync(host, 20));
        host.Clock.Advance(TimeSpan.FromHours(10));
        Assert.Equal(Limit, await FloodAsync(host, 2 * Limit));
    }

    [Fact]
    [Trait("abuse", "J7")]
    public async Task HoldUnderParallelRequests()
    {
        var host = new SessionHost(Limited);

        int[] begun = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => FloodAsync(host, 100))));

        Assert.Equal(Limit, begun.Sum());
    }

    [Fact]
    [Trait("abuse", "J7")]
    public async Task KeepNobodyFromSigningInAndNoVisitorFromTheirSession()
    {
        var host = new SessionHost(Limited);
        var visitor = host.Request();
        await visitor.Session.StartAsync(new() { ["cart"] = 7 });
        await FloodAsync(host, 2 * Limit);

        string alices = await host.SignInAsync();
        var pending = host.Request();
        await pending.Session.SetPendingAsync("bob");

        Assert.Equal("alice", await host.WhoAsync(alices));
        Assert.Equal("bob", (await host.Request(pending.SentId).Session.GetAnyAsync())?.PendingUserId);
        Assert.Equal(7, (await host.Request(visitor.SentId).Session.GetAnyAsync())?.Get<int>("cart"));

        // A live session takes no place: nothing begins.
        Assert.False(await host.Request(visitor.SentId).Session.StartAsync());
    }

    [Fact]
    [Trait("abuse", "J7")]
    public async Task ShareOneLimitPerRegistration()
    {
        var host = new SessionHost(Limited);
        var other = new SessionHost(Limited);
        await FloodAsync(host, Limit);

        Assert.Equal((0, 5), (await FloodAsync(host, 5), await FloodAsync(other, 5)));
    }

    [Fact]
    [Trait("abuse", "J7")]
    public async Task AreLoggedOncePerMinute()
    {
        var host = new SessionHost(Limited);
        for (int minute = 0; minute < 3; minute++)
        {
            await FloodAsync(host, 3 * Limit);
            host.Clock.Advance(TimeSpan.FromSeconds(30));
            await FloodAsync(host, 3 * Limit);
            host.Clock.Advance(TimeSpan.FromSeconds(30));
        }

        var logged = host.Events.Where(entry => entry.Id.Id == 26).ToArray();
        Assert.Equal(3, logged.Length);
        Assert.All(logged, entry => Assert.Equal(LogLevel.Warning, entry.Level));
    }

    [Fact]
    public async Task AreUnlimitedIfTheOptionIsNull()
    {
        var host = new SessionHost(options => options.MaxAnonymousSessionsPerMinute = null);

        Assert.Equal(7_000, await FloodAsync(host, 7_000));
    }

    [Theory]
    [Trait("abuse", "J7")]
    [MemberData(nameof(Servers))]
    public async Task AreA503OfHttpContextSessionAndNoLogOfLostValues(Served served)
    {
        using var log = new EventLog();
        await using var site = await BridgedSite.StartAsync(
            BridgedSite.Map,
            served,
            configure: options => options.MaxAnonymousSessionsPerMinute = 1,
            build: builder => builder.Services.AddSingleton<ILoggerProvider>(log));
        string visitor = (await site.DoAsync("/set/a/1"))!;

        using var refused = await site.SendAsync("/set/a/1");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, null), (refused.StatusCode, refused.SentId()));
        Assert.Equal("1", await site.TextAsync("/get/a", visitor));
        await site.DoAsync("/set/a/2", visitor);
        Assert.Equal("alice", await site.TextAsync("/who", await site.DoAsync("/login/alice")));
        Assert.Equal([26], log.Events.Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Id));
    }

    private static async Task<int> FloodAsync(SessionHost host, int requests)
    {
        int begun = 0;
        for (int i = 0; i < requests; i++)
        {
            try
            {
                begun += await host.Request().Session.StartAsync() ? 1 : 0;
            }
            catch (AnonymousSessionLimitException)
            {
                // The flood continues.
            }
        }

        return begun;
    }

    private void Limited(SactSessionOptions options) =>
        (options.MaxAnonymousSessionsPerMinute, options.MeterFactory) = (Limit, _meters);
}
