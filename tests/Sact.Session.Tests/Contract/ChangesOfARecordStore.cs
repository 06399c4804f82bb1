using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>How a change reaches a record in a store that only compares and replaces.</summary>
public sealed class ChangesOfARecordStore : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 29, 0, 0, 0, TimeSpan.Zero));
    private readonly EventLog _log = new(typeof(PackedStore).FullName!);
    private readonly PackedStore _store;

    public ChangesOfARecordStore() => _store = new PackedStore(_clock, new LoggerFactory([_log]));

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task TakeOneWriteAndNoReadWhereTheCallerHoldsTheNewestRecord()
    {
        var session = await _store.SignInAsync();

        var first = await _store.UpdateAsync(session, Set("a", "1"));
        var second = await _store.UpdateAsync(first.Record!, Set("b", "2"));

        Assert.Equal(SessionUpdateStatus.Applied, second.Status);
        Assert.Equal((0, 2), (_store.Reads, _store.Replaces));
        Assert.Equal(("1", "2"), (Field(session, "a"), Field(session, "b")));
    }

    [Fact]
    public async Task MakeTheVersionLarger()
    {
        var session = await _store.SignInAsync();
        var record = session;
        for (int i = 0; i < 100; i++)
        {
            var changed = (await _store.UpdateAsync(record, Set("a", $"{i}"))).Record!;
            Assert.True(changed.Version > record.Version);
            record = changed;
        }

        // A step of one each time would leave 101. A restored backup must not meet the numbers of the history that it replaced.
        Assert.True(record.Version > 10_000);
    }

    [Fact]
    [Trait("abuse", "D7")]
    public async Task OfAnOldRecordAreAppliedToWhatTheStoreAnswers()
    {
        var session = await _store.SignInAsync();
        await _store.UpdateAsync(session, Set("a", "1"));

        var outcome = await _store.UpdateAsync(session, Set("b", "2"));

        Assert.Equal(SessionUpdateStatus.Applied, outcome.Status);
        Assert.Equal((0, 3), (_store.Reads, _store.Replaces));
        Assert.Equal(("1", "2"), (Field(session, "a"), Field(session, "b")));
    }

    [Fact]
    public async Task AreRefusedOnlyOfARecordThatWasReadAfterTheCallBegan()
    {
        var session = await _store.SignInAsync();
        await _store.UpdateAsync(session, Set("a", "1"));
        var ifPresent = new SessionChange { Set = Fields("b", "2"), Condition = Is("a", "1") };
        var ifAbsent = new SessionChange { Set = Fields("b", "3"), Condition = Is("a", null) };

        // The caller's record has no field a, the stored one has.
        var applied = await _store.UpdateAsync(session, ifPresent);
        var refused = await _store.UpdateAsync(session, ifAbsent);

        Assert.Equal(SessionUpdateStatus.Applied, applied.Status);
        Assert.Equal(SessionUpdateStatus.Conflict, refused.Status);
        Assert.Equal("2", Field(session, "b"));
    }

    [Fact]
    public async Task OfAnExpiredOldRecordReachTheLiveOneThatIsStored()
    {
        var session = await _store.SignInAsync();
        _clock.Advance(TimeSpan.FromMinutes(50));
        await _store.UpdateAsync(session, new SessionChange { Touch = new SessionTouch(_clock.GetUtcNow()) });
        _clock.Advance(TimeSpan.FromMinutes(50));

        Assert.Equal(SessionUpdateStatus.Applied, (await _store.UpdateAsync(session, Set("a", "1"))).Status);

        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(SessionUpdateStatus.Gone, (await _store.UpdateAsync(session, Set("a", "2"))).Status);
        Assert.Equal("1", Field(session, "a"));
    }

    /// <summary>The pause is longer than any test, so that its end is the cancellation.</summary>
    [Fact]
    public async Task PauseAfterALostRaceForAsLongAsTheStoreSays()
    {
        var session = await _store.SignInAsync();
        await _store.UpdateAsync(session, Set("a", "1"));
        int lost = 0;
        _store.Pauses = losses =>
        {
            lost = losses;
            return TimeSpan.FromDays(1);
        };
        using var gone = new CancellationTokenSource();
        int replaces = _store.Replaces;

        var update = _store.UpdateAsync(session, Set("b", "2"), gone.Token).AsTask();

        Assert.Equal((false, 1, replaces + 1), (update.IsCompleted, lost, _store.Replaces));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => update);
        Assert.Equal(replaces + 1, _store.Replaces);
        Assert.False(_store.Stored(session).Fields.Contains("b"));

        _store.Pauses = static _ => TimeSpan.Zero;
        Assert.Equal(SessionUpdateStatus.Applied, (await _store.UpdateAsync(session, Set("b", "2"))).Status);
    }

    [Fact]
    [Trait("abuse", "K8")]
    public async Task ThatNoteASessionAsSeenAgainAreNoWrite()
    {
        var session = await _store.SignInAsync();
        _clock.Advance(TimeSpan.FromMinutes(5));
        SessionChange Touch() => new() { Touch = new SessionTouch(_clock.GetUtcNow(), null, TimeSpan.FromMinutes(1)) };
        await _store.UpdateAsync(session, Touch());
        byte[] stored = _store[session.Key]!;
        _clock.Advance(TimeSpan.FromSeconds(59));

        // Each of these callers has read the record before the first note, so each of them is due by what it holds.
        for (int i = 0; i < 19; i++)
        {
            Assert.Equal(SessionUpdateStatus.Applied, (await _store.UpdateAsync(session, Touch())).Status);
        }

        Assert.Same(stored, _store[session.Key]);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _store.UpdateAsync(session, Touch());
        Assert.NotSame(stored, _store[session.Key]);
    }

    [Fact]
    public async Task ThatChangeNothingStillFindOutWhetherTheSessionIsLive()
    {
        var session = await _store.SignInAsync();

        Assert.Equal(SessionUpdateStatus.Applied, (await _store.UpdateAsync(session, new SessionChange())).Status);
        await _store.DeleteAsync(session);

        Assert.Equal(SessionUpdateStatus.Gone, (await _store.UpdateAsync(session, new SessionChange())).Status);
        Assert.Equal(0, _store.Replaces);
    }

    [Fact]
    [Trait("abuse", "D1")]
    public async Task OfAnEndedSessionAreGone()
    {
        var session = await _store.SignInAsync();
        await _store.DeleteAsync(session);

        Assert.Equal(SessionUpdateStatus.Gone, (await _store.UpdateAsync(session, Set("a", "1"))).Status);
        Assert.True(StoredRecord.Unpack(session.Key, _store[session.Key]).IsEnded);
    }

    [Fact]
    [Trait("abuse", "C8")]
    public async Task OfAnotherLineageUnderTheKeyAreGone()
    {
        var session = await _store.SignInAsync();
        byte[] stored = _store[session.Key]!;
        var forged = session with { LineageHash = new SecretHash([.. Enumerable.Repeat((byte)7, SecretHash.Size)]) };

        Assert.Equal(SessionUpdateStatus.Gone, (await _store.UpdateAsync(forged, Set("a", "1"))).Status);
        Assert.Same(stored, _store[session.Key]);
    }

    [Fact]
    [Trait("abuse", "H2")]
    public async Task OfAnUnreadableRecordAreGoneWithOneEventAndLeaveIt()
    {
        var session = await _store.SignInAsync();
        byte[] damaged = [.. _store[session.Key]!];
        damaged[^1] ^= 1;
        _store[session.Key] = damaged;

        Assert.Equal(SessionUpdateStatus.Gone, (await _store.UpdateAsync(session, Set("a", "1"))).Status);
        Assert.Null(await _store.GetAsync(session.Key));

        Assert.Same(damaged, _store[session.Key]);
        Assert.Equal(2, _log.Events.Count(entry => entry.Id == 25));
    }

    [Fact]
    [Trait("abuse", "H5")]
    public async Task OfANewerFormatAreAFaultAndLeaveIt()
    {
        var session = await _store.SignInAsync();
        byte[] newer = (session with { Version = 99, Format = SessionRecord.CurrentFormat + 1 }).Pack();
        _store[session.Key] = newer;

        await Assert.ThrowsAsync<SessionStoreException>(async () => await _store.UpdateAsync(session, Set("a", "1")));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await _store.GetAsync(session.Key));

        Assert.Same(newer, _store[session.Key]);
    }

    [Fact]
    public async Task AfterABackupWasRestoredAreAppliedToTheRestoredRecord()
    {
        var session = await _store.SignInAsync();
        var old = (await _store.UpdateAsync(session, Set("a", "old"))).Record!;
        byte[] backup = _store[session.Key]!;
        var newest = (await _store.UpdateAsync(old, Set("a", "new"))).Record!;
        _store[session.Key] = backup;

        var outcome = await _store.UpdateAsync(newest, Set("b", "1"));

        Assert.Equal(SessionUpdateStatus.Applied, outcome.Status);
        Assert.Equal(("old", "1"), (Field(session, "a"), Field(session, "b")));
    }

    [Fact]
    [Trait("abuse", "F5")]
    public async Task OfUnknownOutcomeAreSettledByOneRead()
    {
        var session = await _store.SignInAsync();
        _store.AfterReplace = () => throw new SessionStoreException("The reply was lost.", null, outcomeUnknown: true);

        var outcome = await _store.UpdateAsync(session, Set("a", "1"));

        Assert.Equal(SessionUpdateStatus.Applied, outcome.Status);
        Assert.Equal((1, 1), (_store.Reads, _store.Replaces));
        Assert.Equal("1", Field(session, "a"));
    }

    [Fact]
    public async Task OfUnknownOutcomeStayUnknownWhereTheReadDoesNotShowThem()
    {
        var session = await _store.SignInAsync();
        _store.BeforeReplace = _ => throw new SessionStoreException("The request was lost.", null, outcomeUnknown: true);

        var exception = await Assert.ThrowsAsync<SessionStoreException>(async () => await _store.UpdateAsync(session, Set("a", "1")));

        Assert.True(exception.OutcomeUnknown);
        Assert.Empty(_store.Stored(session).Fields);
    }

    [Fact]
    public async Task OfUnknownOutcomeStayUnknownWhereAnotherWriterDrewTheSameVersion()
    {
        var session = await _store.SignInAsync();
        _store.AfterReplace = () =>
        {
            var mine = _store.Stored(session);
            _store[session.Key] = (mine with { Fields = Fields("b", "2") }).Pack();
            throw new SessionStoreException("The reply was lost.", null, outcomeUnknown: true);
        };

        await Assert.ThrowsAsync<SessionStoreException>(async () => await _store.UpdateAsync(session, Set("a", "1")));
    }

    [Fact]
    public async Task OfUnknownOutcomeStayUnknownWhereTheCallerGivesUpDuringTheRead()
    {
        var session = await _store.SignInAsync();
        using var patience = new CancellationTokenSource();
        _store.AfterReplace = async () =>
        {
            await patience.CancelAsync();
            throw new SessionStoreException("The reply was lost.", null, outcomeUnknown: true);
        };

        var exception = await Assert.ThrowsAsync<SessionStoreException>(
            async () => await _store.UpdateAsync(session, Set("a", "1"), patience.Token));

        Assert.True(exception.OutcomeUnknown);
    }

    [Fact]
    public async Task OfUnknownOutcomeStayUnknownWhereReplicasMustConfirm()
    {
        var session = await _store.SignInAsync();
        _store.Settles = static _ => false;
        _store.AfterReplace = () => throw new SessionStoreException("No replica has confirmed.", null, outcomeUnknown: true);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await _store.UpdateAsync(session, Set("a", "1")));

        Assert.Equal(0, _store.Reads);
    }

    [Fact]
    public async Task AreMadeUnderTheRecordsLockAfterALostRaceWhereTheStoreHasOne()
    {
        var session = await _store.SignInAsync();
        _store.Races = 1;
        await _store.UpdateAsync(session, Set("a", "1"));

        var outcome = await _store.UpdateAsync(session, Set("b", "2"));

        Assert.Equal(SessionUpdateStatus.Applied, outcome.Status);
        Assert.Equal((2, 1), (_store.Replaces, _store.Rewrites));
        Assert.Equal(("1", "2"), (Field(session, "a"), Field(session, "b")));
    }

    [Fact]
    public async Task BeginWithTheRecordsLockWhileAnotherProcessChangesTheSession()
    {
        var session = await _store.SignInAsync();
        _store.Races = 1;
        ChangeElsewhere(session, "a", "1");
        await _store.UpdateAsync(session, Set("b", "2"));
        Assert.Equal((1, 1), (_store.Replaces, _store.Rewrites));

        ChangeElsewhere(session, "c", "3");
        await _store.UpdateAsync(session, Set("d", "4"));

        Assert.Equal((1, 2), (_store.Replaces, _store.Rewrites));
        Assert.Equal("1234", Field(session, "a") + Field(session, "b") + Field(session, "c") + Field(session, "d"));

        ChangeElsewhere(session, "e", "5");
        await _store.UpdateAsync(session, Set("f", "6"));

        Assert.Equal((1, 3), (_store.Replaces, _store.Rewrites));
    }

    /// <summary>So many are remembered at most. A session that is forgotten loses one race more before it is locked again.</summary>
    [Fact]
    public async Task OfMoreThanAThousandSessionsForgetWhichOnesNeedTheLock()
    {
        _store.Races = 1;
        var first = await LoseARaceAsync();
        for (int i = 0; i < 1024; i++)
        {
            await LoseARaceAsync();
        }

        int rewrites = _store.Rewrites;
        Assert.Equal(1025, rewrites);
        await _store.UpdateAsync(_store.Stored(first), Set("b", "3"));

        Assert.Equal(rewrites, _store.Rewrites);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [Trait("abuse", "F5")]
    public async Task UnderTheRecordsLockOfUnknownOutcomeAreSettledByOneRead(bool isKnownByRead, bool isWritten, bool expected)
    {
        var session = await _store.SignInAsync();
        _store.Races = 1;
        _store.Settles = _ => isKnownByRead;
        ChangeElsewhere(session, "a", "1");
        byte[] before = _store[session.Key]!;
        _store.AfterRewrite = () =>
        {
            _store[session.Key] = isWritten ? _store[session.Key] : before;
            throw new SessionStoreException("The reply was lost.", null, outcomeUnknown: true);
        };

        var fault = await Record.ExceptionAsync(async () => await _store.UpdateAsync(session, Set("b", "2")));

        Assert.Equal(expected, fault is null);
        Assert.True(expected || Assert.IsType<SessionStoreException>(fault).OutcomeUnknown);
        Assert.Equal((isKnownByRead ? 1 : 0, isWritten ? "2" : ""), (_store.Reads, Field(session, "b")));
    }

    /// <summary>Nothing was written, so a read can show nothing.</summary>
    [Fact]
    public async Task UnderTheRecordsLockThatFailWithoutAWriteAreNotSettled()
    {
        var session = await _store.SignInAsync();
        _store.Races = 1;
        ChangeElsewhere(session, "a", "1");
        _store.AfterReplace = async () => await _store.DeleteAsync(session);
        _store.AfterRewrite = static () => throw new SessionStoreException("The reply was lost.", null, outcomeUnknown: true);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await _store.UpdateAsync(session, Set("b", "2")));

        Assert.Equal(0, _store.Reads);
    }

    [Fact]
    public async Task BeginWithoutTheRecordsLockOnceNoOtherProcessChangesTheSession()
    {
        var session = await _store.SignInAsync();
        _store.Races = 1;
        ChangeElsewhere(session, "a", "1");
        var newest = (await _store.UpdateAsync(session, Set("b", "2"))).Record!;

        newest = (await _store.UpdateAsync(newest, Set("b", "3"))).Record!;
        await _store.UpdateAsync(newest, Set("b", "4"));

        Assert.Equal((2, 2), (_store.Replaces, _store.Rewrites));
        Assert.Equal("4", Field(session, "b"));
    }

    [Fact]
    [Trait("abuse", "D1")]
    public async Task MadeUnderTheRecordsLockFindASessionThatHasEndedMeanwhile()
    {
        var session = await _store.SignInAsync();
        _store.Races = 1;
        await _store.UpdateAsync(session, Set("a", "1"));
        _store.AfterReplace = async () => await _store.DeleteAsync(session);

        Assert.Equal(SessionUpdateStatus.Gone, (await _store.UpdateAsync(session, Set("b", "2"))).Status);
        Assert.True(StoredRecord.Unpack(session.Key, _store[session.Key]).IsEnded);
    }

    /// <summary>Signs in, and changes the session while another process does.</summary>
    private async Task<SessionRecord> LoseARaceAsync()
    {
        var session = await _store.SignInAsync();
        ChangeElsewhere(session, "a", "1");
        await _store.UpdateAsync(session, Set("b", "2"));
        return session;
    }

    /// <summary>Changes what is stored behind the back of this process.</summary>
    private void ChangeElsewhere(SessionRecord session, string name, string value)
    {
        var stored = _store.Stored(session);
        _store[session.Key] = stored.Apply(Set(name, value), _clock.GetUtcNow()).Record!.Pack();
    }

    private static SessionChange Set(string name, string value) => new() { Set = Fields(name, value) };

    private static SessionFields Fields(string name, string value) =>
        SessionFields.Create([KeyValuePair.Create(name, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"\"{value}\""))]);

    private static SessionFieldCondition Is(string name, string? value) =>
        new(name, value is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes($"\"{value}\""));

    private string Field(SessionRecord session, string name) =>
        _store.Stored(session).Fields.TryGetValue(name, out var json) ? Encoding.UTF8.GetString(json.Span).Trim('"') : "";
}
