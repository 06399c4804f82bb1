using System.Text.Json.Nodes;

namespace Sact.Session.Tests;

/// <summary>What a caller learns of a call that the store, the client or a limit has stopped, and what is left of the request.</summary>
public sealed class CallsThatFail : IDisposable
{
    private readonly SessionHost _host = new();

    [Fact]
    public async Task NameTheOperationAndTheExceptionOfTheStore()
    {
        string id = await _host.SeenAsync();
        _host.Store.Before = static (verb, _) => verb == "delete_user" ? throw new IOException("a secret path") : default;

        var fault = await Assert.ThrowsAsync<SessionStoreException>(
            async () => await _host.Request(id).Session.DeleteOtherSessionsAsync());

        Assert.Equal("The session store failed to delete user (IOException).", fault.Message);
        Assert.True(fault.OutcomeUnknown);
    }

    [Fact]
    public async Task NameTheLimitAndTheOptionAtATimeOut()
    {
        string id = await _host.SeenAsync();
        var gate = new Gate();
        _host.Store.Before = async (_, _) => await gate.PassAsync();
        var reading = _host.WhoAsync(id);
        _host.Clock.Advance(_host.Options.StoreTimeout);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => reading);

        Assert.Equal(
            "The session store did not answer within StoreTimeout (00:00:05). Check the store, or raise SactSessionOptions.StoreTimeout.",
            fault.Message);
        Assert.False(fault.OutcomeUnknown);
        gate.Open();
    }

    /// <summary>ASP.NET Core compares the token, to tell a client that has left from a fault.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HaveTheTokenThatCancelledThem(bool byTheClient)
    {
        string id = await _host.SeenAsync();
        using var source = new CancellationTokenSource();
        var gate = new Gate();
        _host.Store.Before = async (_, _) => await gate.PassAsync();
        var request = _host.Request(id);
        if (byTheClient)
        {
            request.Context.RequestAborted = source.Token;
        }

        var reading = request.Session.GetAsync(reload: false, byTheClient ? CancellationToken.None : source.Token).AsTask();
        await gate.Reached;
        await source.CancelAsync();

        var fault = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal(source.Token, fault.CancellationToken);
        gate.Open();
    }

    /// <summary>The session of the request has ended by then, and the browser must not keep its cookie.</summary>
    [Fact]
    public async Task AtAFullCapDeleteTheCookieOfTheSessionThatTheSignInHasEnded()
    {
        var host = new SessionHost(options => (options.MaxSessionsPerUser, options.MaxSessionsPolicy) = (1, SessionCapPolicy.Refuse));
        await host.SeenAsync("bob");
        string alice = await host.SeenAsync();
        var login = host.Request(alice);

        await Assert.ThrowsAsync<SessionCapReachedException>(async () => await login.Session.SetAsync("bob"));

        Assert.Equal("", login.SentId);
        Assert.Null(await host.WhoAsync(alice));
    }

    [Fact]
    public async Task AtAFullCapSendNoCookieToWhoeverHadNone()
    {
        var host = new SessionHost(options => (options.MaxSessionsPerUser, options.MaxSessionsPolicy) = (1, SessionCapPolicy.Refuse));
        await host.SeenAsync("bob");
        var login = host.Request();

        await Assert.ThrowsAsync<SessionCapReachedException>(async () => await login.Session.SetAsync("bob"));

        Assert.Empty(login.SetCookies);
    }

    [Fact]
    public async Task NameTheRandomSourceIfEveryNewIdExists()
    {
        string taken = await _host.SeenAsync();
        _host.Store.MakeId = _ => taken;
        _host.Clock.Advance(TimeSpan.FromMinutes(1));

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await _host.Request().Session.SetAsync("alice"));

        Assert.Matches("returned [0-9]+ ids in a row that exist already. Check the random source", fault.Message);
        Assert.InRange(_host.Store.Count("create"), 2, 100);
        Assert.Equal("alice", await _host.WhoAsync(taken));
    }

    /// <summary>A sign-out that the store has refused can be repeated in the same request, which no longer shows the session.</summary>
    [Fact]
    public async Task AtASignOutCanBeRepeatedInTheSameRequest()
    {
        string id = await _host.SeenAsync();
        var request = _host.Request(id);
        _host.Store.Before = static (verb, _) => verb == "delete" ? throw new IOException("down") : default;
        await Assert.ThrowsAsync<SessionStoreException>(async () => await request.Session.DeleteAsync());
        Assert.Null(await request.Session.GetAsync());
        _host.Store.Before = null;
        Assert.Equal("alice", await _host.WhoAsync(id));

        await request.Session.DeleteAsync();

        Assert.Null(await _host.WhoAsync(id));
        Assert.Equal("", request.SentId);
    }

    [Fact]
    public async Task OfAModificationEndWhereTheStoreOnlyReportsOtherWriters()
    {
        string id = await _host.SeenAsync("alice", new JsonObject { ["count"] = 1 });
        var store = new OthersAreAlwaysFirst(_host.Memory);
        var request = _host.Request(id).Context;
        var session = new Session<OthersAreAlwaysFirst>(request.Request, request.Response, store, _host.Options);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(
            async () => await session.ModifyAsync<int>("count", static count => count + 1));

        Assert.Equal(
            "The field could not be changed: the store reported another writer 10000 times in a row. Check the store's UpdateAsync.",
            fault.Message);
        Assert.Equal(10_000, store.Writes);
    }

    [Fact]
    public async Task OfARenewalAreFalseWhereTheStoreOnlyReportsOtherWriters()
    {
        string id = await _host.SeenAsync();
        var store = new OthersAreAlwaysFirst(_host.Memory);
        var request = _host.Request(id).Context;
        var session = new Session<OthersAreAlwaysFirst>(request.Request, request.Response, store, _host.Options);

        Assert.False(await session.RenewAsync());

        Assert.Equal(10_000, store.Writes);
        Assert.Equal("", request.Response.Headers.SetCookie.ToString());
    }

    public void Dispose() => ((IDisposable)_host).Dispose();

    /// <summary>A store whose conditional writes never win.</summary>
    private sealed class OthersAreAlwaysFirst(MemoryStore memory) : DelegatingStore(memory, memory), IGenericStore
    {
        public int Writes { get; private set; }

        ValueTask<SessionUpdate> IGenericStore.UpdateAsync(
            SessionRecord session, SessionChange change, CancellationToken cancellationToken)
        {
            Writes++;
            return new(SessionUpdate.Conflict(session));
        }
    }
}
