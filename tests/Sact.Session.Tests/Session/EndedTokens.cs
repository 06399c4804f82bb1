namespace Sact.Session.Tests;

/// <summary>The token that is cancelled when the session of a request has ended. The store reports each end in this process.</summary>
public sealed class EndedTokens : IDisposable
{
    private readonly SessionHost _host = new();

    [Fact]
    public async Task AreCancelledWhenTheUserSignsOutElsewhere()
    {
        string here = await _host.SignInAsync();
        string there = await _host.SignInAsync();
        var token = await TokenAsync(here);

        await RequestTo(there).DeleteOtherSessionsAsync();

        await token.CancelledAsync();
    }

    [Fact]
    public async Task AreCancelledWhenTheSameBrowserSignsOut()
    {
        string id = await _host.SignInAsync();
        var token = await TokenAsync(id);

        await RequestTo(id).DeleteAsync();

        await token.CancelledAsync();
    }

    [Fact]
    public async Task AreCancelledWhenASignInReplacesTheSession()
    {
        string id = await _host.SignInAsync();
        var token = await TokenAsync(id);

        await RequestTo(id).SetAsync("alice");

        await token.CancelledAsync();
    }

    [Fact]
    public async Task AreCancelledWhenAStepUpElsewhereReplacesTheId()
    {
        string id = await _host.SignInAsync();
        var token = await TokenAsync(id);

        Assert.True(await RequestTo(id).RenewAsync(immediately: true));

        await token.CancelledAsync();
    }

    [Fact]
    public async Task AreCancelledWhenASignInExceedsTheLimit()
    {
        var host = new SessionHost(options => options.MaxSessionsPerUser = 1);
        string id = await host.SignInAsync();
        var token = await TokenAsync(id, host);

        await host.SignInAsync();

        await token.CancelledAsync();
    }

    [Fact]
    public async Task AreCancelledWhenTheStoreIsCleared()
    {
        string id = await _host.SignInAsync();
        var token = await TokenAsync(id);

        await _host.Memory.ClearAsync(TestContext.Current.CancellationToken);

        await token.CancelledAsync();
    }

    [Fact]
    public async Task AreCancelledWhenABackgroundJobEndsTheUsersSessions()
    {
        string id = await _host.SignInAsync();
        var token = await TokenAsync(id);

        await _host.Memory.DeleteActiveSessionsAsync("alice", cancellationToken: TestContext.Current.CancellationToken);

        await token.CancelledAsync();
    }

    [Fact]
    public async Task AreCancelledIfTheSessionEndedBetweenItsReadAndTheFirstUse()
    {
        string id = await _host.SignInAsync();
        var session = RequestTo(id);
        Assert.NotNull(await session.GetAsync());
        await _host.Memory.ClearAsync(TestContext.Current.CancellationToken);

        var token = session.EndedToken;

        await token.CancelledAsync();
    }

    [Fact]
    public async Task SurviveAnOrdinaryRenewal()
    {
        string id = await _host.SignInAsync();
        var session = await ReadAsync(id);
        var token = session.Watch.EndedToken;

        string renewed = (await _host.RenewAsync(id))!;
        Assert.NotNull(await _host.WhoAsync(renewed));

        await CheckAsync(session);
        Assert.False(token.IsCancellationRequested);
    }

    [Fact]
    public async Task SurviveAStepUpOfTheirOwnRequest()
    {
        var session = await ReadAsync(await _host.SignInAsync());
        var token = session.Watch.EndedToken;

        // The watch may see the new id before the request does.
        _host.Store.After = async (verb, _) =>
        {
            if (verb == "update")
            {
                _host.Store.After = null;
                await CheckAsync(session);
            }
        };
        Assert.True(await session.Renewer.RenewAsync(immediately: true, raise: null, CancellationToken.None));

        Assert.Null(_host.Store.After);
        await CheckAsync(session);
        Assert.False(token.IsCancellationRequested);
        Assert.Equal(token, session.Watch.EndedToken);
    }

    [Fact]
    public async Task AreCancelledWhenAnotherStepUpFollowsThatOfTheirRequest()
    {
        var exchange = _host.Request(await _host.SignInAsync());
        var session = exchange.NewRequestSession();
        await session.ReadDataAsync(reload: false, CancellationToken.None);
        var token = session.Watch.EndedToken;
        Assert.True(await session.Renewer.RenewAsync(immediately: true, raise: null, CancellationToken.None));

        Assert.NotNull(await _host.RenewAsync(exchange.SentId!, immediately: true));

        await CheckAsync(session);
        await token.CancelledAsync();
    }

    /// <summary>A request that ends its session itself may still answer its client.</summary>
    [Fact]
    public async Task KnowWhetherTheirRequestHasEndedTheSession()
    {
        string id = await _host.SignInAsync();
        var here = await ReadAsync(id);
        var there = await ReadAsync(id);
        var (watchedHere, watchedThere) = (here.Watch.Begin()!, there.Watch.Begin()!);

        await here.End.SignOutAsync(CancellationToken.None);

        Assert.True(watchedHere.IsEndedHere);
        Assert.False(watchedThere.IsEndedHere);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("delete_user")]
    public async Task KnowThatTheirRequestHasFailedToEndTheSession(string verb)
    {
        var session = await ReadAsync(await _host.SignInAsync());
        var watched = session.Watch.Begin()!;
        _host.Store.Before = (called, _) => called == verb ? throw new SessionStoreException("It is down.") : default;

        await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            if (verb == "delete")
            {
                await session.End.SignOutAsync(CancellationToken.None);
            }
            else
            {
                await session.Devices.DeleteAllAsync(CancellationToken.None);
            }
        });

        Assert.False(watched.IsEndedHere);
    }

    [Fact]
    public async Task AreCancelledAlreadyWithoutASession()
    {
        var session = RequestTo(null);
        Assert.Null(await session.GetAsync());

        Assert.True(session.EndedToken.IsCancellationRequested);
    }

    [Fact]
    public async Task AreCancelledAlreadyForACookieOfAnEndedSession()
    {
        string id = await _host.SignInAsync();
        await RequestTo(id).DeleteAsync();
        var session = RequestTo(id);
        Assert.Null(await session.GetAsync());

        Assert.True(session.EndedToken.IsCancellationRequested);
    }

    [Fact]
    public async Task BelongToTheSessionThatTheRequestSignsIn()
    {
        string id = await _host.SignInAsync();
        var session = RequestTo(id);
        await session.GetAsync();
        var old = session.EndedToken;

        await session.SetAsync("alice");

        Assert.NotEqual(old, session.EndedToken);
        Assert.False(session.EndedToken.IsCancellationRequested);
        await _host.Memory.ClearAsync(TestContext.Current.CancellationToken);
        await session.EndedToken.CancelledAsync();
    }

    [Fact]
    public void NeedASessionThatWasRead()
    {
        string id = _host.Memory.CreateSessionId("alice");

        var fault = Assert.Throws<InvalidOperationException>(() => RequestTo(id).EndedToken);

        Assert.Equal("EndedToken needs a session that was read. Call await session.GetAsync() before it.", fault.Message);
    }

    [Fact]
    public async Task RunAllCallbacksAlthoughOneThrows()
    {
        string id = await _host.SignInAsync();
        var token = await TokenAsync(id);
        using var last = token.Register(static () => { });
        using var broken = token.Register(static () => throw new InvalidOperationException("a broken callback"));
        var logged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.OnLog = logging => _ = logging.Id == 53 && logged.TrySetResult();

        await _host.Memory.ClearAsync(TestContext.Current.CancellationToken);

        await token.CancelledAsync();
        await logged.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    public void Dispose() => ((IDisposable)_host).Dispose();

    private async Task<RequestSession> ReadAsync(string id)
    {
        var session = _host.Request(id).NewRequestSession();
        Assert.NotNull(await session.ReadDataAsync(reload: false, CancellationToken.None));
        return session;
    }

    /// <summary>Makes the watch read the session now, and returns when it was judged.</summary>
    private static async Task CheckAsync(RequestSession session)
    {
        session.Backend.Watch.Hint(null);
        await session.Backend.Watch.Running.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>The token after the first read. From then on only a report makes the watch read again: the clock is still.</summary>
    private async Task<CancellationToken> TokenAsync(string id, SessionHost? host = null)
    {
        var session = RequestTo(id, host);
        Assert.NotNull(await session.GetAsync());
        var token = session.EndedToken;
        host ??= _host;
        await SessionBackend.Of(host.Memory, host.Options.Services).Watch.Running;
        Assert.False(token.IsCancellationRequested);
        return token;
    }

    private ISactSession RequestTo(string? id, SessionHost? host = null)
    {
        host ??= _host;
        var context = host.Request(id).Context;
        context.Features.Set<RequestFeature>(null);
        ISactSession session = new Session<MemoryStore>(context.Request, context.Response, host.Memory, host.Options);
        return session;
    }
}
