using System.Text.Json.Nodes;

namespace Sact.Session.Tests;

/// <summary>What an operator reads of the ends, the refusals and the lost races of requests: in the log, and as counts.</summary>
public sealed class ReportsOfARequest : IDisposable
{
    private readonly SummingMeterFactory _meter = new();
    private readonly SessionHost _host;

    public ReportsOfARequest() => _host = new SessionHost(options => options.MeterFactory = _meter);

    [Fact]
    public async Task CountTheOtherSessionsThatEndTogether()
    {
        string[] ids = [await _host.SeenAsync(), await _host.SeenAsync(), await _host.SeenAsync()];

        await _host.Request(ids[0]).Session.DeleteOtherSessionsAsync();

        Assert.Equal([$"2 sessions of the user of {KeyOf(ids[0])} ended: others."], Logged(9));
        Assert.Equal(2, _meter.Sum("sact.session.ended"));
    }

    [Fact]
    public async Task CountAllSessionsThatEndEverywhereOnce()
    {
        string[] ids = [await _host.SeenAsync(), await _host.SeenAsync(), await _host.SeenAsync()];

        await _host.Request(ids[0]).Session.DeleteAllSessionsAsync();

        Assert.Equal([$"3 sessions of the user of {KeyOf(ids[0])} ended: everywhere."], Logged(9));
        Assert.Empty(Logged(8));
        Assert.Equal(3, _meter.Sum("sact.session.ended"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NameASessionThatEndsByItsKeyUnlessItHasEndedMeanwhile(bool hasEnded)
    {
        string mine = await _host.SeenAsync(), other = await _host.SeenAsync();
        var record = (await _host.RecordOf(other))!;
        _host.Store.Before = async (verb, cancellationToken) =>
        {
            if (hasEnded && verb == "delete")
            {
                await _host.Memory.DeleteAsync(record, cancellationToken);
            }
        };

        Assert.Equal(!hasEnded, await _host.Request(mine).Session.DeleteSessionAsync(record.Key));

        Assert.Equal(hasEnded ? [] : [$"Session {record.Key} ended: by_key."], Logged(8));
    }

    [Fact]
    public async Task NameASessionThatEndsBecauseItsCookieCouldNotBeSent()
    {
        var late = _host.Request();
        _host.Store.After = (verb, _) =>
        {
            if (verb == "create")
            {
                late.StartResponse();
            }

            return default;
        };

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await late.Session.SetAsync("alice"));

        Assert.Contains("its cookie could not be sent", Assert.Single(Logged(22)));
        Assert.Equal(1, _meter.Sum("sact.session.ended"));
        Assert.Null(await late.Session.GetAsync());
        Assert.Equal(0, await _host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task NameTheSessionWhoseCookieStaysWithTheClient()
    {
        string id = await _host.SeenAsync();
        var late = _host.Request(id);
        await late.Session.GetAsync();
        late.StartResponse();

        await late.Session.DeleteAsync();

        Assert.StartsWith($"Session {KeyOf(id)} ended after the response had started.", Assert.Single(Logged(17)));
    }

    /// <summary>Two requests replay one id at once. The session has ended by the time that the second one would end it.</summary>
    [Fact]
    public async Task CountOneReplayWhereTwoRequestsMeet()
    {
        string old = await _host.SeenAsync();
        string current = await _host.RotateAsync(old);
        _host.Clock.Advance(_host.Options.RenewalGrace + _host.Options.ReplayMargin + TimeSpan.FromSeconds(1));
        var record = (await _host.RecordOf(current))!;
        _host.Store.Before = async (verb, cancellationToken) =>
        {
            if (verb == "delete")
            {
                await _host.Memory.DeleteAsync(record, cancellationToken);
            }
        };

        Assert.Null(await _host.WhoAsync(old));

        Assert.Empty(Logged(4));
        Assert.StartsWith($"A request presented an old id of session {record.Key}", Assert.Single(Logged(3)));
        Assert.Equal((0, 1), (_meter.Sum("sact.session.replayed"), _meter.Sum("sact.session.refused")));
    }

    [Fact]
    public async Task NameTheKeyOfASessionThatDoesNotExist()
    {
        string id = _host.Memory.CreateSessionId("alice");

        Assert.Null(await _host.WhoAsync(id));

        Assert.Equal([$"No live session has the key {KeyOf(id)}: it is unknown, ended or expired."], Logged(1));
        Assert.Equal(1, _meter.Sum("sact.session.refused"));
    }

    /// <summary>The id was valid when it was read. Another request replaced it at once before this one wrote.</summary>
    [Fact]
    public async Task NameTheSessionWhoseIdIsReplacedDuringTheTouch()
    {
        string id = await _host.SeenAsync();
        _host.Clock.Advance(TimeSpan.FromHours(1));
        Once("update", async () => await _host.RenewAsync(id, immediately: true));

        Assert.Null(await _host.WhoAsync(id));

        Assert.Single(Logged(3));
    }

    [Fact]
    public async Task CountAModificationThatLosesARace()
    {
        string id = await _host.SeenAsync("alice", new JsonObject { ["count"] = 1 });
        Once("update", async () => await _host.Request(id).Session.UpdateAsync(new JsonObject { ["count"] = 5 }));

        var result = await _host.Request(id).Session.ModifyAsync<int>("count", static count => count + 1);

        Assert.Equal(6, result.Value);
        Assert.Equal(1, _meter.Sum("sact.session.conflicts"));
    }

    [Fact]
    public async Task CountARenewalThatLosesARace()
    {
        string id = await _host.SeenAsync();
        Once("update", async () => await _host.RenewAsync(id));

        Assert.True(await _host.Request(id).Session.RenewAsync());

        Assert.Equal(1, _meter.Sum("sact.session.conflicts"));
    }

    public void Dispose()
    {
        _meter.Dispose();
        ((IDisposable)_host).Dispose();
    }

    private SessionKey KeyOf(string id) => _host.Memory.GetSessionKey(id);

    private string[] Logged(int id) => [.. _host.Events.Where(logged => logged.Id.Id == id).Select(static logged => logged.Message)];

    /// <summary>Lets another request act right before the first call of a verb.</summary>
    private void Once(string verb, Func<Task> act) => _host.Store.Before = async (called, _) =>
    {
        if (called == verb)
        {
            _host.Store.Before = null;
            await act();
        }
    };
}
