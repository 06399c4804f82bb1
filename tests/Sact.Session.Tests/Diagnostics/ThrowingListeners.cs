namespace Sact.Session.Tests;

/// <summary>A log and a metrics listener that throw at every event.</summary>
[Trait("abuse", "J6")]
public sealed class ThrowingListeners : IDisposable
{
    private readonly LabelRecordingMeterFactory _meters = new();
    private readonly SessionHost _host;
    private int _thrown;

    public ThrowingListeners() => _host = new SessionHost(options => options.MeterFactory = _meters);

    public void Dispose()
    {
        _meters.Dispose();
        ((IDisposable)_host).Dispose();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task NeverBlockASignOut(bool log, bool metrics)
    {
        string id = await _host.SignInAsync();
        Throw(log, metrics);
        var exchange = _host.Request(id);

        await exchange.Session.DeleteAsync();

        Assert.Equal("", exchange.SentId);
        Assert.Equal(0, await _host.Memory.CountActiveSessionsAsync());
        Assert.True(_thrown > 0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task NeverBlockTheEndOfAReplayedSession(bool log, bool metrics)
    {
        string old = await _host.SignInAsync();
        var renewal = _host.Request(old);
        Assert.True(await renewal.Session.RenewAsync(immediately: true));
        _host.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromMilliseconds(1));
        Throw(log, metrics);

        Assert.Null(await _host.WhoAsync(old));

        Assert.Equal(0, await _host.Memory.CountActiveSessionsAsync());
        Assert.Null(await _host.WhoAsync(renewal.SentId));
        Assert.True(_thrown > 0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task NeverBlockEndingOneTheOthersOrAllSessions(bool log, bool metrics)
    {
        string mine = await _host.SignInAsync();
        string phone = await _host.SignInAsync();
        string tablet = await _host.SignInAsync();
        Throw(log, metrics);

        Assert.True(await _host.Request(mine).Session.DeleteSessionAsync(_host.Memory.GetSessionKey(tablet)));
        Assert.Null(await _host.WhoAsync(tablet));
        Assert.Equal(1, await _host.Request(mine).Session.DeleteOtherSessionsAsync());
        Assert.Null(await _host.WhoAsync(phone));
        Assert.Equal("alice", await _host.WhoAsync(mine));
        var everywhere = _host.Request(mine);
        Assert.Equal(1, await everywhere.Session.DeleteAllSessionsAsync());

        Assert.Equal("", everywhere.SentId);
        Assert.Equal(0, await _host.Memory.CountActiveSessionsAsync());
        Assert.True(_thrown > 0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task NeverBlockSigningInRenewingOrReading(bool log, bool metrics)
    {
        Throw(log, metrics);

        string id = await _host.SignInAsync();
        var renewal = _host.Request(id);
        Assert.True(await renewal.Session.RenewAsync());

        Assert.Equal("alice", await _host.WhoAsync(renewal.SentId));
        Assert.Null(await _host.WhoAsync("malformed"));
        Assert.Null(await _host.WhoAsync(_host.Memory.CreateSessionId()));
        Assert.True(_thrown > 0);
    }

    [Fact]
    public async Task NeverHideAStoreFailureAndNeverKeepTheCookie()
    {
        string id = await _host.SignInAsync();
        Throw(log: true, metrics: true);
        _host.Store.Before = (_, _) => throw new TimeoutException("down");
        var exchange = _host.Request(id);

        await Assert.ThrowsAsync<SessionStoreException>(() => exchange.Session.DeleteAsync().AsTask());

        Assert.Equal("", exchange.SentId);
    }

    private void Throw(bool log, bool metrics)
    {
        _host.OnLog = log ? _ => Fail() : null;
        _meters.OnMeasure = metrics ? Fail : null;
    }

    private void Fail()
    {
        _thrown++;
        throw new InvalidOperationException("The listener is down.");
    }
}
