namespace Sact.Session.Tests;

/// <summary>Rule 2: a renewal proposes, the arrival promotes, and until then and for the grace after the old id is good.</summary>
[Trait("abuse", "C12")]
public sealed class Renewal
{
    [Fact]
    [Trait("abuse", "C12a")]
    public async Task WhoseResponseIsLostLeavesTheOldIdGood()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        Assert.NotNull(await bed.RenewAsync(id));

        // For as long as the session lives, grace and margin or not.
        for (int day = 0; day < 27; day++)
        {
            bed.Clock.Advance(TimeSpan.FromDays(1));
            Assert.Equal("alice", await bed.WhoAsync(id));
        }

        Assert.Equal(0, bed.EventCount(4));
    }

    [Fact]
    public async Task KeepsKeyAndLineageAndChangesTheRotor()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        string renewed = (await bed.RenewAsync(id))!;

        Assert.Equal(56, renewed.Length);
        Assert.Equal(id[..32], renewed[..32]);
        Assert.NotEqual(id[32..], renewed[32..]);
    }

    [Fact]
    public async Task IsPromotedByTheArrivalInOneWrite()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        string renewed = (await bed.RenewAsync(id))!;
        var before = (await bed.RecordOf(id))!;
        bed.Clock.Advance(TimeSpan.FromHours(1));
        bed.Store.Reset();

        Assert.Equal("alice", await bed.WhoAsync(renewed));

        Assert.Equal(["get", "update"], bed.Store.Calls);
        var after = (await bed.RecordOf(id))!;
        Assert.Equal(before.PendingHash, after.CurrentHash);
        Assert.Equal(before.CurrentHash, after.PreviousHash);
        Assert.Null(after.PendingHash);
        Assert.Null(after.PendingSince);
        Assert.Equal(bed.Clock.GetUtcNow(), after.LastPromotedAt);
        Assert.Equal(bed.Clock.GetUtcNow(), after.LastSeenAt);
    }

    [Fact]
    [Trait("abuse", "C12i")]
    public async Task DoesNotPromoteItself()
    {
        var bed = new Bed();
        var exchange = bed.Request(await bed.SeenAsync());
        Assert.True(await exchange.Session.RenewAsync());
        string renewed = exchange.SentId!;

        // Whatever the request goes on to do: its cookie has not been seen to arrive.
        await exchange.Session.GetAsync(reload: true);
        await exchange.Session.UpdateAsync(new() { ["n"] = 1 });
        bed.Clock.Advance(TimeSpan.FromHours(1));
        await exchange.Session.GetAsync(reload: true);

        var record = (await bed.RecordOf(renewed))!;
        Assert.NotNull(record.PendingHash);
        Assert.Null(record.LastPromotedAt);
    }

    [Fact]
    public async Task LeavesThePresentedIdTheJudgedOneOfItsRequest()
    {
        var bed = new Bed();
        var exchange = bed.Request(await bed.SeenAsync());
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
        var bed = new Bed();
        string id = await bed.SeenAsync();

        string renewed = (await bed.RenewAsync(id))!;
        bed.Clock.Advance(SecretsBed.Grace - TimeSpan.FromMilliseconds(1));
        Assert.Null(await bed.RenewAsync(id));
        Assert.Equal("alice", await bed.WhoAsync(renewed));

        bed.Clock.Advance(SecretsBed.Grace - TimeSpan.FromMilliseconds(1));
        Assert.Null(await bed.RenewAsync(id));
        Assert.Null(await bed.RenewAsync(renewed));
        Assert.Equal("alice", await bed.WhoAsync(id));
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Fact]
    public async Task ReplacesAnUnconfirmedOneThatIsOlderThanTheReplayMargin()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        string lost = (await bed.RenewAsync(id))!;
        bed.Clock.Advance(SecretsBed.ReplayMargin);

        string second = (await bed.RenewAsync(id))!;

        Assert.NotEqual(lost, second);
        Assert.Null(await bed.WhoAsync(lost));
        Assert.Equal("alice", await bed.WhoAsync(id));
        Assert.Equal("alice", await bed.WhoAsync(second));
    }

    /// <summary>An answer slower than the grace, and a second renewal before it: the client ends up with the first cookie, and stays signed in.</summary>
    [Fact]
    [Trait("abuse", "C12")]
    [Trait("abuse", "C12a")]
    [Trait("abuse", "C12h")]
    public async Task LeavesASlowAnswersCookieGoodHoweverOldTheSession()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromHours(1));
        string slow = (await bed.RenewAsync(id))!;
        bed.Clock.Advance(SecretsBed.Grace * 2);

        Assert.Null(await bed.RenewAsync(id));
        Assert.Equal("alice", await bed.WhoAsync(slow));
    }

    /// <summary>The cookie that was replaced after the margin arrives after all: refused, but no honest session ends for it.</summary>
    [Fact]
    [Trait("abuse", "C12")]
    [Trait("abuse", "C12h")]
    public async Task EndsNothingForAReplacedCookieThatArrivesAtLast()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromHours(1));
        string late = (await bed.RenewAsync(id))!;
        bed.Clock.Advance(SecretsBed.ReplayMargin);
        string second = (await bed.RenewAsync(id))!;

        Assert.Null(await bed.WhoAsync(late));
        Assert.Equal("alice", await bed.WhoAsync(second));
    }

    [Fact]
    public async Task WhosePromotionFailsLetsTheRequestProceedAndTheNextOneTryAgain()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        string renewed = (await bed.RenewAsync(id))!;
        bed.Store.Before = (verb, _) => verb == "update" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;

        Assert.Equal("alice", await bed.WhoAsync(renewed));
        Assert.Equal("alice", await bed.WhoAsync(id));
        Assert.NotNull((await bed.RecordOf(id))!.PendingHash);
        Assert.Equal(1, bed.EventCount(11));

        bed.Store.Before = null;
        Assert.Equal("alice", await bed.WhoAsync(renewed));
        Assert.NotNull((await bed.RecordOf(id))!.LastPromotedAt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(45)]
    public async Task AskedForByAnArrivedIdWhosePromotionFailedNeverReplacesThatId(int secondsLater)
    {
        // The client knows no other id: were it replaced, a lost response would sign the client out.
        var bed = new Bed();
        string renewed = (await bed.RenewAsync(await bed.SeenAsync()))!;
        bed.Clock.Advance(TimeSpan.FromSeconds(secondsLater));
        int updates = 0;
        bed.Store.Before = (verb, _) => verb == "update" && ++updates == 1 ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        var exchange = bed.Request(renewed);
        Assert.NotNull(await exchange.Session.GetAsync());

        Assert.True(await exchange.Session.RenewAsync());

        Assert.Null(exchange.SentId);
        bed.Store.Before = null;
        Assert.Equal("alice", await bed.WhoAsync(renewed));
        bed.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Fact]
    public async Task OfASessionThatBeganInTheRequestSendsOneCookieThatIsGood()
    {
        var bed = new Bed();
        var exchange = bed.Request();
        await exchange.Session.SetAsync("alice");
        Assert.True(await exchange.Session.RenewAsync());

        Assert.Single(exchange.SetCookies);
        Assert.Equal("alice", await bed.WhoAsync(exchange.SentId));
    }

    [Fact]
    public async Task OfNobodyIsFalseAndSendsNothing()
    {
        var bed = new Bed();
        foreach (string? id in new[] { null, "malformed", bed.Store.CreateSessionId() })
        {
            var exchange = bed.Request(id);
            Assert.False(await exchange.Session.RenewAsync());
            Assert.Empty(exchange.SetCookies);
        }
    }

    [Fact]
    public async Task AfterTheResponseHasStartedIsAnExceptionAndNoRenewal()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var exchange = bed.Request(id);
        exchange.StartResponse();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await exchange.Session.RenewAsync());

        Assert.Null((await bed.RecordOf(id))!.PendingHash);
    }

    [Fact]
    [Trait("abuse", "C13")]
    public async Task NeverExtendsTheAbsoluteDeadline()
    {
        var bed = new Bed(options => options.IsPersistent = true);
        string id = await bed.SeenAsync();
        var deadline = (await bed.RecordOf(id))!.AbsoluteDeadline;
        var ages = new List<string>();
        for (int day = 1; day < 28; day++)
        {
            bed.Clock.Advance(TimeSpan.FromDays(1));
            var exchange = bed.Request(id);
            Assert.True(await exchange.Session.RenewAsync(immediately: day % 2 == 0));
            id = exchange.SentId!;
            ages.Add(exchange.SetCookies[0]);
            Assert.NotNull(await bed.WhoAsync(id));
            Assert.Equal(deadline, (await bed.RecordOf(id))!.AbsoluteDeadline);
        }

        // The cookie's own age is what remains.
        Assert.Contains($"max-age={TimeSpan.FromDays(27).TotalSeconds:0}", ages[0], StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"max-age={TimeSpan.FromDays(1).TotalSeconds:0}", ages[^1], StringComparison.OrdinalIgnoreCase);
        bed.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("alice", await bed.WhoAsync(id));
        bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await bed.WhoAsync(id));
    }
}
