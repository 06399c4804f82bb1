namespace Sact.Session.Tests;

/// <summary>A log and a metrics listener that throw at everything they are told.</summary>
[Trait("abuse", "J6")]
public sealed class ThrowingListeners : IDisposable
{
    private readonly OwnMeters _meters = new();
    private readonly Bed _bed;
    private int _thrown;

    public ThrowingListeners() => _bed = new Bed(options => options.MeterFactory = _meters);

    public void Dispose()
    {
        _meters.Dispose();
        ((IDisposable)_bed).Dispose();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task NeverBlockASignOut(bool log, bool metrics)
    {
        string id = await _bed.SignInAsync();
        Throw(log, metrics);
        var exchange = _bed.Request(id);

        await exchange.Session.DeleteAsync();

        Assert.Equal("", exchange.SentId);
        Assert.Equal(0, await _bed.Memory.CountActiveSessionsAsync());
        Assert.True(_thrown > 0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task NeverBlockTheEndOfAReplayedSession(bool log, bool metrics)
    {
        string old = await _bed.SignInAsync();
        var renewal = _bed.Request(old);
        Assert.True(await renewal.Session.RenewAsync(immediately: true));
        _bed.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromMilliseconds(1));
        Throw(log, metrics);

        Assert.Null(await _bed.WhoAsync(old));

        Assert.Equal(0, await _bed.Memory.CountActiveSessionsAsync());
        Assert.Null(await _bed.WhoAsync(renewal.SentId));
        Assert.True(_thrown > 0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task NeverBlockEndingEverywhereOrTheOthersOrOne(bool log, bool metrics)
    {
        string mine = await _bed.SignInAsync();
        string phone = await _bed.SignInAsync();
        string tablet = await _bed.SignInAsync();
        Throw(log, metrics);

        Assert.True(await _bed.Request(mine).Session.DeleteSessionAsync(_bed.Memory.GetSessionKey(tablet)));
        Assert.Null(await _bed.WhoAsync(tablet));
        Assert.Equal(1, await _bed.Request(mine).Session.DeleteOtherSessionsAsync());
        Assert.Null(await _bed.WhoAsync(phone));
        Assert.Equal("alice", await _bed.WhoAsync(mine));
        var everywhere = _bed.Request(mine);
        Assert.Equal(1, await everywhere.Session.DeleteAllSessionsAsync());

        Assert.Equal("", everywhere.SentId);
        Assert.Equal(0, await _bed.Memory.CountActiveSessionsAsync());
        Assert.True(_thrown > 0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task NeverBlockSigningInRenewingOrReading(bool log, bool metrics)
    {
        Throw(log, metrics);

        string id = await _bed.SignInAsync();
        var renewal = _bed.Request(id);
        Assert.True(await renewal.Session.RenewAsync());

        Assert.Equal("alice", await _bed.WhoAsync(renewal.SentId));
        Assert.Null(await _bed.WhoAsync("malformed"));
        Assert.Null(await _bed.WhoAsync(_bed.Memory.CreateSessionId()));
        Assert.True(_thrown > 0);
    }

    [Fact]
    public async Task NeverHideThatTheStoreIsDownNorKeepTheCookie()
    {
        string id = await _bed.SignInAsync();
        Throw(log: true, metrics: true);
        _bed.Store.Before = (_, _) => throw new TimeoutException("down");
        var exchange = _bed.Request(id);

        await Assert.ThrowsAsync<SessionStoreException>(() => exchange.Session.DeleteAsync().AsTask());

        Assert.Equal("", exchange.SentId);
    }

    private void Throw(bool log, bool metrics)
    {
        _bed.OnLog = log ? _ => Fail() : null;
        _meters.OnMeasure = metrics ? Fail : null;
    }

    private void Fail()
    {
        _thrown++;
        throw new InvalidOperationException("The listener is down.");
    }
}
