namespace Sact.Session.Tests;

/// <summary>Sign-ins that meet each other, the cap, or the end of everything.</summary>
public sealed class SignIns
{
    [Fact]
    [Trait("abuse", "D10")]
    public async Task TwoFirstVisitsAtOnceAreTwoSessions()
    {
        var bed = new Bed();
        for (int round = 0; round < 200; round++)
        {
            string?[] ids = await SecretsBed.SideBySide(2, async _ =>
            {
                var exchange = bed.Request();
                Assert.True(await exchange.Session.StartAsync(new() { ["n"] = 1 }));
                return exchange.SentId;
            });

            Assert.NotEqual(ids[0], ids[1]);
            Assert.NotNull(await bed.Request(ids[0]).Session.GetAnyAsync());
            Assert.NotNull(await bed.Request(ids[1]).Session.GetAnyAsync());
        }
    }

    [Fact]
    [Trait("abuse", "D10")]
    public async Task TwoBeginningsInOneRequestAreOneSession()
    {
        var bed = new Bed();
        for (int round = 0; round < 200; round++)
        {
            var exchange = bed.Request();

            bool[] began = await SecretsBed.SideBySide(2, async _ => await exchange.Session.StartAsync());

            Assert.Single(began, true);
            Assert.Single(exchange.SetCookies);
        }

        Assert.Equal(200, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "D10")]
    public async Task TwoSignInsOverOneAnonymousSessionAreTwoSessionsWithoutIt()
    {
        var bed = new Bed();
        for (int round = 0; round < 200; round++)
        {
            var start = bed.Request();
            Assert.True(await start.Session.StartAsync());
            string user = $"user{round}";

            string?[] ids = await SecretsBed.SideBySide(2, async _ =>
            {
                var exchange = bed.Request(start.SentId);
                await exchange.Session.SetAsync(user);
                return exchange.SentId;
            });

            Assert.Equal([user, user], await Task.WhenAll(ids.Select(bed.WhoAsync)));
            Assert.Null(await bed.RecordOf(start.SentId!));
        }
    }

    [Fact]
    [Trait("abuse", "D11")]
    public async Task InParallelKeepTheCapExactlyAndTheNewestSurvive()
    {
        const int Cap = 8;
        const int Parallel = 32;
        var bed = new Bed(options => options.MaxSessionsPerUser = Cap);
        for (int round = 0; round < 20; round++)
        {
            string user = $"user{round}";
            var older = new List<string>();
            for (int i = 0; i < Cap; i++)
            {
                older.Add(await bed.SeenAsync(user));
            }

            string bystander = await bed.SeenAsync($"bystander{round}");
            bed.Clock.Advance(TimeSpan.FromSeconds(10));

            string[] newer = await SecretsBed.SideBySide(Parallel, _ => bed.SignInAsync(user));

            Assert.Equal(Cap, await CountAsync(bed, user));
            Assert.All(await Task.WhenAll(older.Select(bed.WhoAsync)), Assert.Null);
            Assert.Equal(Cap, (await Task.WhenAll(newer.Select(bed.WhoAsync))).Count(who => who == user));
            Assert.NotNull(await bed.WhoAsync(bystander));
        }
    }

    [Fact]
    [Trait("abuse", "D11")]
    public async Task OneAfterTheOtherEndTheLeastRecentlyUsed()
    {
        var bed = new Bed(options => options.MaxSessionsPerUser = 3);
        var ids = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            ids.Add(await bed.SeenAsync());
            bed.Clock.Advance(TimeSpan.FromHours(1));
        }

        // The oldest has just been used; so the second goes.
        Assert.NotNull(await bed.WhoAsync(ids[0]));
        await bed.SignInAsync();

        Assert.Equal(["alice", null, "alice"], await Task.WhenAll(ids.Select(bed.WhoAsync)));
        Assert.Equal(1, bed.Events.Count(logged => logged.Id.Id == 8 && logged.Message.EndsWith("cap.", StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("abuse", "D11")]
    public async Task UnderARefusingCapLetExactlyThatManyIn()
    {
        const int Cap = 5;
        var bed = new Bed(options => (options.MaxSessionsPerUser, options.MaxSessionsPolicy) = (Cap, SessionCapPolicy.Refuse));

        bool[] signedIn = await SecretsBed.SideBySide(32, async _ =>
        {
            var exchange = bed.Request();
            var refusal = await Record.ExceptionAsync(async () => await exchange.Session.SetAsync("alice"));
            Assert.True(refusal is null or SessionCapReachedException);
            Assert.Equal(refusal is null, exchange.SentId is not null);
            return refusal is null;
        });

        Assert.Equal(Cap, signedIn.Count(it => it));
        Assert.Equal(Cap, await CountAsync(bed, "alice"));
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task WhoseCookieNeverArrivedEndAtTheFirstUseTimeout()
    {
        var bed = new Bed();
        string lost = await bed.SignInAsync();
        string kept = await bed.SeenAsync();

        bed.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await bed.RecordOf(lost));
        bed.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(await bed.WhoAsync(lost));
        Assert.Single(await bed.Request(kept).Session.GetActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task WhoseCookieNeverArrivedAreTheFirstToBeEndedByTheCap()
    {
        var bed = new Bed(options => options.MaxSessionsPerUser = 3);
        string oldest = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        string lost = await bed.SignInAsync();
        string kept = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromMilliseconds(1));

        await bed.SignInAsync();

        Assert.Equal("alice", await bed.WhoAsync(oldest));
        Assert.Null(await bed.WhoAsync(lost));
        Assert.Equal("alice", await bed.WhoAsync(kept));
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task OfTheLastMinuteAreNotTakenForLost()
    {
        // Its answer may still be on its way.
        var bed = new Bed(options => options.MaxSessionsPerUser = 2);
        string oldest = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromSeconds(30));
        string onItsWay = await bed.SignInAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(1));

        await bed.SignInAsync();

        Assert.Equal("alice", await bed.WhoAsync(onItsWay));
        Assert.Null(await bed.WhoAsync(oldest));
    }

    private static async Task<int> CountAsync(Bed bed, string user)
    {
        int count = 0;
        await foreach (var _ in bed.Memory.GetActiveSessionsAsync(user))
        {
            count++;
        }

        return count;
    }
}
