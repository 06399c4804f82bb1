using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>A store reports which sessions may have ended, so that their open connections in this process close at once.</summary>
public sealed class ReportsOfARecordStore
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<SessionKey?> _reported = [];
    private readonly PackedStore _store;

    public ReportsOfARecordStore()
    {
        _store = new PackedStore(_clock);
        _store.Endings.Reported += _reported.Add;
    }

    [Fact]
    public async Task NameASessionThatHasEnded()
    {
        var session = await _store.SignInAsync();
        Assert.Empty(_reported);

        await _store.EndAsync(session, SessionEndReason.SignedOut);

        Assert.Equal([session.Key], _reported);
    }

    /// <summary>Another process may have ended it, or the answer of the store may be lost.</summary>
    [Fact]
    public async Task NameASessionThatMayHaveEnded()
    {
        var session = await _store.SignInAsync();
        await _store.EndAsync(session, SessionEndReason.SignedOut);
        _reported.Clear();

        await _store.EndAsync(session, SessionEndReason.SignedOut);

        Assert.Equal([session.Key], _reported);
    }

    /// <summary>A connection that was opened with an id that is not valid any more closes too.</summary>
    [Fact]
    public async Task NameASessionWhoseIdWasReplacedAtOnce()
    {
        var session = await _store.SignInAsync();
        var replace = SessionRenewal.Replace(new SecretHash([.. Enumerable.Repeat((byte)9, 16)]), _clock.GetUtcNow(), session);

        var changed = await _store.UpdateAsync(session, new SessionChange { Touch = new SessionTouch(_clock.GetUtcNow().AddHours(1)) });
        Assert.Empty(_reported);
        await _store.UpdateAsync(changed.Record!, new SessionChange { Renewal = replace });

        Assert.Equal([session.Key], _reported);
    }

    [Fact]
    public async Task NameTheSessionsThatASignInEnded()
    {
        var ended = SessionKey.Parse("session:" + new string('B', 24));
        var store = new BareStore(new GenericStoreOptions { TimeProvider = _clock }) { Ended = [ended] };
        store.Endings.Reported += _reported.Add;
        var session = await _store.SignInAsync();

        var created = await store.CreateAsync(session, new SessionCap(1));

        Assert.Equal([ended], created.Ended);
        Assert.Equal([ended], _reported);
    }
}
