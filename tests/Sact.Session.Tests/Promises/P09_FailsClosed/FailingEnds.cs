namespace Sact.Session.Tests;

public sealed class AnEndThatTheStoreFails
{
    [Fact]
    [Trait("abuse", "E6")]
    public async Task LeavesNobodySignedInForTheRestOfTheRequest()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        var exchange = bed.Request(id);
        bed.Store.After = (verb, _) => verb == "delete" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAsync());

        Assert.Null(await exchange.Session.GetAsync());
        Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
        Assert.Equal("", exchange.SentId);
    }

    [Fact]
    public async Task IsWrittenByAnotherTryInTheSameRequest()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        var exchange = bed.Request(id);
        bed.Store.Before = (verb, _) => verb == "delete" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAsync());
        bed.Store.Before = null;

        await exchange.Session.DeleteAsync();

        Assert.Null(await bed.WhoAsync(id));
        Assert.Equal(0, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task StillDeletesTheCookieUnderATokenThatIsCancelledAlready()
    {
        var bed = new Bed();
        var exchange = bed.Request(await bed.SignInAsync());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await exchange.Session.DeleteAsync(new CancellationToken(canceled: true)));

        Assert.Equal("", exchange.SentId);
    }
}

public sealed class AnImmediateRenewalWhoseAnswerIsLost
{
    [Fact]
    public async Task IsFoundOutAndSent()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        var exchange = bed.Request(id);
        await exchange.Session.GetAsync();
        bed.Store.After = (verb, _) => verb == "update" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        Assert.True(await exchange.Session.RenewAsync(immediately: true));

        bed.Store.After = null;
        Assert.Equal("alice", await bed.WhoAsync(exchange.SentId));
        Assert.Null(await bed.WhoAsync(id));
    }

    [Fact]
    public async Task IsAFaultIfItDidNotHappen()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        var exchange = bed.Request(id);
        await exchange.Session.GetAsync();
        bed.Store.Before = (verb, _) => verb == "update" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.RenewAsync(immediately: true));

        bed.Store.Before = null;
        Assert.Null(exchange.SentId);
        Assert.Equal("alice", await bed.WhoAsync(id));
    }
}

public sealed class ARevokedRequest
{
    /// <summary>A thief's slow request that read before the owner ended it must not end the owner's sessions, nor see them.</summary>
    [Fact]
    [Trait("abuse", "C9")]
    public async Task EndsAndListsNothingOfItsRevoker()
    {
        var bed = new Bed();
        string owner = await bed.SignInAsync();
        var thief = bed.Request(await bed.SignInAsync());
        Assert.NotNull(await thief.Session.GetAsync());
        Assert.Equal(1, await bed.Request(owner).Session.DeleteOtherSessionsAsync());

        Assert.Empty(await thief.Session.GetActiveSessionsAsync());
        Assert.Equal(0, await thief.Session.DeleteOtherSessionsAsync());
        Assert.False(await thief.Session.DeleteSessionAsync(bed.Store.GetSessionKey(owner)));

        Assert.Equal("alice", await bed.WhoAsync(owner));
    }

    /// <summary>A response that never starts does not mean a short request: a hub on long polling has such a one for hours.</summary>
    [Fact]
    [Trait("abuse", "I6")]
    public async Task IsSeenToBeOneHalfAMinuteLaterEvenIfItsResponseNeverStarts()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        var hub = bed.Request(id);
        Assert.NotNull(await hub.Session.GetAsync());
        await bed.Request(id).Session.DeleteAsync();

        bed.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Null(await hub.Session.GetAsync());
    }
}

public sealed class AStoreThatAnswersNothing
{
    [Fact]
    public async Task SignsNobodyIn()
    {
        var bed = new Bed();
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        var session = new Session<Mute>(context.Request, context.Response, new Mute(bed.Memory), bed.Options);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await session.SetAsync("alice"));

        Assert.True(fault.OutcomeUnknown);
        Assert.Equal(0, context.Response.Headers.SetCookie.Count);
    }

    private sealed class Mute(IGenericStore inner) : GenericStore(new GenericStoreOptions())
    {
        public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) => inner.GetAsync(key, cancellationToken);

        public override ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) => default;

        public override ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) => inner.UpdateAsync(session, change, cancellationToken);

        public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) => inner.DeleteAsync(session, cancellationToken);

        public override IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default) => inner.GetActiveSessionsAsync(userId, cancellationToken);

        public override ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default) => inner.DeleteActiveSessionsAsync(userId, except, cancellationToken);

        public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => inner.ClearAsync(cancellationToken);

        public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) => inner.CountActiveSessionsAsync(cancellationToken);
    }
}
