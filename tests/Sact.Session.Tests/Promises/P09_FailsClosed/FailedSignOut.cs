namespace Sact.Session.Tests;

public sealed class FailedSignOut
{
    [Fact]
    [Trait("abuse", "E6")]
    public async Task LeavesNobodySignedInForTheRestOfTheRequest()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        host.Store.After = (verb, _) =>
            verb == "delete" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAsync());

        Assert.Null(await exchange.Session.GetAsync());
        Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
        Assert.Equal("", exchange.SentId);
    }

    [Fact]
    public async Task CanBeRetriedInTheSameRequest()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        host.Store.Before = (verb, _) => verb == "delete" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAsync());
        host.Store.Before = null;

        await exchange.Session.DeleteAsync();

        Assert.Null(await host.WhoAsync(id));
        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task StillDeletesTheCookieIfTheTokenIsAlreadyCancelled()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SignInAsync());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await exchange.Session.DeleteAsync(new CancellationToken(canceled: true)));

        Assert.Equal("", exchange.SentId);
    }
}

public sealed class ImmediateRenewalWithALostAnswer
{
    [Fact]
    public async Task IsDetectedAndSendsTheCookie()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        await exchange.Session.GetAsync();
        host.Store.After = (verb, _) =>
            verb == "update" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        Assert.True(await exchange.Session.RenewAsync(immediately: true));

        host.Store.After = null;
        Assert.Equal("alice", await host.WhoAsync(exchange.SentId));
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    public async Task ThrowsIfItDidNotHappen()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        await exchange.Session.GetAsync();
        host.Store.Before = (verb, _) =>
            verb == "update" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.RenewAsync(immediately: true));

        host.Store.Before = null;
        Assert.Null(exchange.SentId);
        Assert.Equal("alice", await host.WhoAsync(id));
    }
}

public sealed class RevokedRequest
{
    /// <summary>
    /// A thief's slow request has read the session before the owner ended it. It must neither end nor list the owner's sessions.
    /// </summary>
    [Fact]
    [Trait("abuse", "C9")]
    public async Task NeitherListsNorEndsTheSessionsOfItsRevoker()
    {
        var host = new SessionHost();
        string owner = await host.SignInAsync();
        var thief = host.Request(await host.SignInAsync());
        Assert.NotNull(await thief.Session.GetAsync());
        Assert.Equal(1, await host.Request(owner).Session.DeleteOtherSessionsAsync());

        Assert.Empty(await thief.Session.GetActiveSessionsAsync());
        Assert.Equal(0, await thief.Session.DeleteOtherSessionsAsync());
        Assert.False(await thief.Session.DeleteSessionAsync(host.Store.GetSessionKey(owner)));

        Assert.Equal("alice", await host.WhoAsync(owner));
    }

    /// <summary>A response that never starts does not mean a short request. A hub on long polling keeps one open for hours.</summary>
    [Fact]
    [Trait("abuse", "I6")]
    public async Task IsDetectedHalfAMinuteLaterEvenIfItsResponseNeverStarts()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var hub = host.Request(id);
        Assert.NotNull(await hub.Session.GetAsync());
        await host.Request(id).Session.DeleteAsync();

        host.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Null(await hub.Session.GetAsync());
    }
}

public sealed class StoreWithoutAnAnswer
{
    [Fact]
    public async Task SignsNobodyIn()
    {
        var host = new SessionHost();
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        var session = new Session<StoreWithoutCreateAnswer>(
            context.Request, context.Response, new StoreWithoutCreateAnswer(host.Memory), host.Options);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await session.SetAsync("alice"));

        Assert.True(fault.OutcomeUnknown);
        Assert.Equal(0, context.Response.Headers.SetCookie.Count);
    }

    private sealed class StoreWithoutCreateAnswer(IGenericStore inner) : GenericStore(new GenericStoreOptions())
    {
        public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
            inner.GetAsync(key, cancellationToken);

        public override ValueTask<SessionCreation> CreateAsync(
            SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
            default;

        public override ValueTask<SessionUpdate> UpdateAsync(
            SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
            inner.UpdateAsync(session, change, cancellationToken);

        public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
            inner.DeleteAsync(session, cancellationToken);

        public override IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
            string userId, CancellationToken cancellationToken = default) =>
            inner.GetActiveSessionsAsync(userId, cancellationToken);

        public override ValueTask<long> DeleteActiveSessionsAsync(
            string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
            inner.DeleteActiveSessionsAsync(userId, except, cancellationToken);

        public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => inner.ClearAsync(cancellationToken);

        public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
            inner.CountActiveSessionsAsync(cancellationToken);
    }
}
