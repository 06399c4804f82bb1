namespace Sact.Session.Tests;

/// <summary>Sign-ins that run in parallel, reach the cap, or lose their cookie.</summary>
public sealed class ParallelSignIns
{
    [Fact]
    [Trait("abuse", "D10")]
    public async Task TwoParallelFirstVisitsStartTwoSessions()
    {
        var host = new SessionHost();
        for (int round = 0; round < 200; round++)
        {
            string?[] ids = await SideBySide.RunAsync(2, async _ =>
            {
                var exchange = host.Request();
                Assert.True(await exchange.Session.StartAsync(new() { ["n"] = 1 }));
                return exchange.SentId;
            });

            Assert.NotEqual(ids[0], ids[1]);
            Assert.NotNull(await host.Request(ids[0]).Session.GetAnyAsync());
            Assert.NotNull(await host.Request(ids[1]).Session.GetAnyAsync());
        }
    }

    [Fact]
    [Trait("abuse", "D10")]
    public async Task TwoStartsInOneRequestStartOneSession()
    {
        var host = new SessionHost();
        for (int round = 0; round < 200; round++)
        {
            var exchange = host.Request();

            bool[] began = await SideBySide.RunAsync(2, async _ => await exchange.Session.StartAsync());

            Assert.Single(began, true);
            Assert.Single(exchange.SetCookies);
        }

        Assert.Equal(200, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "D10")]
    public async Task TwoOverOneAnonymousSessionGiveTwoSessionsAndEndIt()
    {
        var host = new SessionHost();
        for (int round = 0; round < 200; round++)
        {
            var start = host.Request();
            Assert.True(await start.Session.StartAsync());
            string user = $"user{round}";

            string?[] ids = await SideBySide.RunAsync(2, async _ =>
            {
                var exchange = host.Request(start.SentId);
                await exchange.Session.SetAsync(user);
                return exchange.SentId;
            });

            Assert.Equal([user, user], await Task.WhenAll(ids.Select(host.WhoAsync)));
            Assert.Null(await host.RecordOf(start.SentId!));
        }
    }

    [Fact]
    [Trait("abuse", "D11")]
    public async Task KeepTheCapExactlyAndTheNewestSurvive()
    {
        const int Cap = 8;
        const int Parallel = 32;
        var host = new SessionHost(options => options.MaxSessionsPerUser = Cap);
        for (int round = 0; round < 20; round++)
        {
            string user = $"user{round}";
            var older = new List<string>();
            for (int i = 0; i < Cap; i++)
            {
                older.Add(await host.SeenAsync(user));
            }

            string bystander = await host.SeenAsync($"bystander{round}");
            host.Clock.Advance(TimeSpan.FromSeconds(10));

            string[] newer = await SideBySide.RunAsync(Parallel, _ => host.SignInAsync(user));

            Assert.Equal(Cap, await CountAsync(host, user));
            Assert.All(await Task.WhenAll(older.Select(host.WhoAsync)), Assert.Null);
            Assert.Equal(Cap, (await Task.WhenAll(newer.Select(host.WhoAsync))).Count(who => who == user));
            Assert.NotNull(await host.WhoAsync(bystander));
        }
    }

    [Fact]
    [Trait("abuse", "D11")]
    public async Task OverTheCapEndTheLeastRecentlyUsedSession()
    {
        var host = new SessionHost(options => options.MaxSessionsPerUser = 3);
        var ids = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            ids.Add(await host.SeenAsync());
            host.Clock.Advance(TimeSpan.FromHours(1));
        }

        // The oldest session has just been used, so the second one ends.
        Assert.NotNull(await host.WhoAsync(ids[0]));
        await host.SignInAsync();

        Assert.Equal(["alice", null, "alice"], await Task.WhenAll(ids.Select(host.WhoAsync)));
        Assert.Equal(1, host.Events.Count(logged => logged.Id.Id == 8 && logged.Message.EndsWith("cap.", StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("abuse", "D11")]
    public async Task UnderARefusingCapSucceedExactlyUpToTheCap()
    {
        const int Cap = 5;
        var host = new SessionHost(options => (options.MaxSessionsPerUser, options.MaxSessionsPolicy) = (Cap, SessionCapPolicy.Refuse));

        bool[] signedIn = await SideBySide.RunAsync(32, async _ =>
        {
            var exchange = host.Request();
            var refusal = await Record.ExceptionAsync(async () => await exchange.Session.SetAsync("alice"));
            Assert.True(refusal is null or SessionCapReachedException);
            Assert.Equal(refusal is null, exchange.SentId is not null);
            return refusal is null;
        });

        Assert.Equal(Cap, signedIn.Count(it => it));
        Assert.Equal(Cap, await CountAsync(host, "alice"));
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task WhoseCookieNeverArrivedEndAtTheFirstUseTimeout()
    {
        var host = new SessionHost();
        string lost = await host.SignInAsync();
        string kept = await host.SeenAsync();

        host.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await host.RecordOf(lost));
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(await host.WhoAsync(lost));
        Assert.Single(await host.Request(kept).Session.GetActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task WhoseCookieNeverArrivedAreEndedFirstByTheCap()
    {
        var host = new SessionHost(options => options.MaxSessionsPerUser = 3);
        string oldest = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        string lost = await host.SignInAsync();
        string kept = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromMilliseconds(1));

        await host.SignInAsync();

        Assert.Equal("alice", await host.WhoAsync(oldest));
        Assert.Null(await host.WhoAsync(lost));
        Assert.Equal("alice", await host.WhoAsync(kept));
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task OfTheLastMinuteAreNotTreatedAsLost()
    {
        // Its response may still be on the network.
        var host = new SessionHost(options => options.MaxSessionsPerUser = 2);
        string oldest = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        string recent = await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(1));

        await host.SignInAsync();

        Assert.Equal("alice", await host.WhoAsync(recent));
        Assert.Null(await host.WhoAsync(oldest));
    }

    private static async Task<int> CountAsync(SessionHost host, string user)
    {
        int count = 0;
        await foreach (var _ in host.Memory.GetActiveSessionsAsync(user))
        {
            count++;
        }

        return count;
    }
}
