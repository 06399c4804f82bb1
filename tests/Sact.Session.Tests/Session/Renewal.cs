namespace Sact.Session.Tests;

/// <summary>
/// Rule 2: a renewal proposes a new id, and its arrival promotes it. Until the grace after that has passed, the old id is valid.
/// </summary>
[Trait("abuse", "C12")]
public sealed class Renewal
{
    [Fact]
    [Trait("abuse", "C12a")]
    public async Task WhoseResponseIsLostKeepsTheOldIdValid()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        Assert.NotNull(await host.RenewAsync(id));

        // The old id stays valid as long as the session lives, beyond grace and replay margin.
        for (int day = 0; day < 27; day++)
        {
            host.Clock.Advance(TimeSpan.FromDays(1));
            Assert.Equal("alice", await host.WhoAsync(id));
        }

        Assert.Equal(0, host.EventCount(4));
    }

    [Fact]
    public async Task KeepsKeyAndLineageAndChangesTheRotor()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        string renewed = (await host.RenewAsync(id))!;

        Assert.Equal(56, renewed.Length);
        Assert.Equal(id[..32], renewed[..32]);
        Assert.NotEqual(id[32..], renewed[32..]);
    }

    [Fact]
    public async Task IsPromotedInOneWriteWhenTheNewIdArrives()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        string renewed = (await host.RenewAsync(id))!;
        var before = (await host.RecordOf(id))!;
        host.Clock.Advance(TimeSpan.FromHours(1));
        host.Store.Reset();

        Assert.Equal("alice", await host.WhoAsync(renewed));

        Assert.Equal(["get", "update"], host.Store.Calls);
        var after = (await host.RecordOf(id))!;
        Assert.Equal(before.PendingHash, after.CurrentHash);
        Assert.Equal(before.CurrentHash, after.PreviousHash);
        Assert.Null(after.PendingHash);
        Assert.Null(after.PendingSince);
        Assert.Equal(host.Clock.GetUtcNow(), after.LastPromotedAt);
        Assert.Equal(host.Clock.GetUtcNow(), after.LastSeenAt);
    }

    [Fact]
    [Trait("abuse", "C12i")]
    public async Task DoesNotPromoteItself()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SeenAsync());
        Assert.True(await exchange.Session.RenewAsync());
        string renewed = exchange.SentId!;

        // Whatever the request does later, its new cookie has not arrived.
        await exchange.Session.GetAsync(reload: true);
        await exchange.Session.UpdateAsync(new() { ["n"] = 1 });
        host.Clock.Advance(TimeSpan.FromHours(1));
        await exchange.Session.GetAsync(reload: true);

        var record = (await host.RecordOf(renewed))!;
        Assert.NotNull(record.PendingHash);
        Assert.Null(record.LastPromotedAt);
    }

    [Fact]
    public async Task KeepsThePresentedIdVerifiedForItsRequest()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SeenAsync());
        Assert.True(await exchange.Session.RenewAsync());

        Assert.Equal("alice", (await exchange.Session.GetAsync(reload: true))?.UserId);
        Assert.True(await exchange.Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.Equal(exchange.SentId, exchange.Session.SessionId);
        Assert.Equal(exchange.SentId, exchange.Session.GetSessionId());
    }

    [Fact]
    [Trait("abuse", "C12g")]
    public async Task TwiceWithinTheGraceSendsOneCookieAndSignsNobodyOut()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        string renewed = (await host.RenewAsync(id))!;
        host.Clock.Advance(RenewalTimes.Grace - TimeSpan.FromMilliseconds(1));
        Assert.Null(await host.RenewAsync(id));
        Assert.Equal("alice", await host.WhoAsync(renewed));

        host.Clock.Advance(RenewalTimes.Grace - TimeSpan.FromMilliseconds(1));
        Assert.Null(await host.RenewAsync(id));
        Assert.Null(await host.RenewAsync(renewed));
        Assert.Equal("alice", await host.WhoAsync(id));
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Fact]
    public async Task ReplacesAPendingIdOlderThanTheReplayMargin()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        string lost = (await host.RenewAsync(id))!;
        host.Clock.Advance(RenewalTimes.ReplayMargin);

        string second = (await host.RenewAsync(id))!;

        Assert.NotEqual(lost, second);
        Assert.Null(await host.WhoAsync(lost));
        Assert.Equal("alice", await host.WhoAsync(id));
        Assert.Equal("alice", await host.WhoAsync(second));
    }

    /// <summary>
    /// A response is slower than the grace, and a second renewal comes before it. The client gets the first cookie and stays signed in.
    /// </summary>
    [Fact]
    [Trait("abuse", "C12")]
    [Trait("abuse", "C12a")]
    [Trait("abuse", "C12h")]
    public async Task KeepsTheCookieOfASlowResponseValid()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        string slow = (await host.RenewAsync(id))!;
        host.Clock.Advance(RenewalTimes.Grace * 2);

        Assert.Null(await host.RenewAsync(id));
        Assert.Equal("alice", await host.WhoAsync(slow));
    }

    /// <summary>A cookie that was replaced after the margin arrives late. It is refused, but no honest session ends.</summary>
    [Fact]
    [Trait("abuse", "C12")]
    [Trait("abuse", "C12h")]
    public async Task EndsNothingWhenAReplacedCookieArrivesLate()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        string late = (await host.RenewAsync(id))!;
        host.Clock.Advance(RenewalTimes.ReplayMargin);
        string second = (await host.RenewAsync(id))!;

        Assert.Null(await host.WhoAsync(late));
        Assert.Equal("alice", await host.WhoAsync(second));
    }

    [Fact]
    public async Task WhosePromotionFailsIsPromotedByALaterRequest()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        string renewed = (await host.RenewAsync(id))!;
        host.Store.Before = (verb, _) => verb == "update" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;

        Assert.Equal("alice", await host.WhoAsync(renewed));
        Assert.Equal("alice", await host.WhoAsync(id));
        Assert.NotNull((await host.RecordOf(id))!.PendingHash);
        Assert.Equal(1, host.EventCount(11));

        host.Store.Before = null;
        Assert.Equal("alice", await host.WhoAsync(renewed));
        Assert.NotNull((await host.RecordOf(id))!.LastPromotedAt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(45)]
    public async Task WithAPendingIdWhosePromotionFailedNeverReplacesThatId(int secondsLater)
    {
        // The client has no other id. If it were replaced, a lost response would sign the client out.
        var host = new SessionHost();
        string renewed = (await host.RenewAsync(await host.SeenAsync()))!;
        host.Clock.Advance(TimeSpan.FromSeconds(secondsLater));
        int updates = 0;
        host.Store.Before = (verb, _) =>
            verb == "update" && ++updates == 1 ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        var exchange = host.Request(renewed);
        Assert.NotNull(await exchange.Session.GetAsync());

        Assert.True(await exchange.Session.RenewAsync());

        Assert.Null(exchange.SentId);
        host.Store.Before = null;
        Assert.Equal("alice", await host.WhoAsync(renewed));
        host.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Fact]
    public async Task OfASessionStartedInTheRequestSendsOneValidCookie()
    {
        var host = new SessionHost();
        var exchange = host.Request();
        await exchange.Session.SetAsync("alice");
        Assert.True(await exchange.Session.RenewAsync());

        Assert.Single(exchange.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(exchange.SentId));
    }

    [Fact]
    public async Task WithoutAUserReturnsFalseAndSendsNothing()
    {
        var host = new SessionHost();
        foreach (string? id in new[] { null, "malformed", host.Store.CreateSessionId() })
        {
            var exchange = host.Request(id);
            Assert.False(await exchange.Session.RenewAsync());
            Assert.Empty(exchange.SetCookies);
        }
    }

    [Fact]
    public async Task AfterTheResponseHasStartedThrowsAndRenewsNothing()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var exchange = host.Request(id);
        exchange.StartResponse();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await exchange.Session.RenewAsync());

        Assert.Null((await host.RecordOf(id))!.PendingHash);
    }

    [Fact]
    [Trait("abuse", "C13")]
    public async Task NeverExtendsTheAbsoluteDeadline()
    {
        var host = new SessionHost(options => options.IsPersistent = true);
        string id = await host.SeenAsync();
        var deadline = (await host.RecordOf(id))!.AbsoluteDeadline;
        var ages = new List<string>();
        for (int day = 1; day < 28; day++)
        {
            host.Clock.Advance(TimeSpan.FromDays(1));
            var exchange = host.Request(id);
            Assert.True(await exchange.Session.RenewAsync(immediately: day % 2 == 0));
            id = exchange.SentId!;
            ages.Add(exchange.SetCookies[0]);
            Assert.NotNull(await host.WhoAsync(id));
            Assert.Equal(deadline, (await host.RecordOf(id))!.AbsoluteDeadline);
        }

        // The age of the cookie is the remaining time.
        Assert.Contains($"max-age={TimeSpan.FromDays(27).TotalSeconds:0}", ages[0], StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"max-age={TimeSpan.FromDays(1).TotalSeconds:0}", ages[^1], StringComparison.OrdinalIgnoreCase);
        host.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("alice", await host.WhoAsync(id));
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await host.WhoAsync(id));
    }
}
