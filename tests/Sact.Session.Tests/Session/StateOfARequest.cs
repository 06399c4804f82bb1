namespace Sact.Session.Tests;

/// <summary>Which session a request has, without HTTP and without a store: presented, verified, issued, ended.</summary>
public sealed class StateOfARequest
{
    private static readonly DateTimeOffset s_now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly MemoryStore _store = new(new MemoryStoreOptions { TimeProvider = new Fixed(s_now) });
    private readonly SessionServices _services = new SactSessionOptions { TimeProvider = new Fixed(s_now) }.Services;

    [Fact]
    public void BeginsUnreadAndWithoutAnId()
    {
        var state = new SessionStateMachine();

        Assert.Equal((SessionPhase.Unread, false, false, 0), (state.Phase, state.IsCookieRead, state.IsLive, state.Number));
        Assert.Null(state.NewestId);
        Assert.Null(state.Predecessor);
    }

    [Fact]
    public void WithoutAWellFormedIdIsNone()
    {
        var state = new SessionStateMachine();

        state.Present([]);

        Assert.Equal((SessionPhase.None, true), (state.Phase, state.IsCookieRead));
    }

    [Fact]
    public void PresentedIsNotVerified()
    {
        var (id, _) = Make();
        var state = Presented(id);

        Assert.Equal((SessionPhase.Presented, false, id), (state.Phase, state.IsLive, state.IdInUse));
        Assert.Null(state.NewestId);
    }

    [Fact]
    public void IsVerifiedByTheCurrentId()
    {
        var (id, record) = Make();
        var state = Presented(id);

        var found = state.Examine(record, record.Key, s_now, _services.Settings);

        Assert.Equal(new Examination(SecretVerdict.Current, record, null), found);
        Assert.Equal((SessionPhase.Verified, id, 0), (state.Phase, state.NewestId, state.Number));
        Assert.Same(record, state.Session);
    }

    [Fact]
    [Trait("abuse", "H8")]
    public void IsNotVerifiedByARecordOfAnotherKey()
    {
        var (id, record) = Make();
        var (_, other) = Make();
        var state = Presented(id);

        var found = state.Examine(other, record.Key, s_now, _services.Settings);

        Assert.Equal(new Examination(SecretVerdict.Foreign, null, RefusedReason.Misplaced), found);
        Assert.Equal(SessionPhase.Presented, state.Phase);
    }

    [Fact]
    public void IsNotVerifiedWithoutALiveRecord()
    {
        var (id, record) = Make();
        var state = Presented(id);

        Assert.Equal(RefusedReason.Unknown, state.Examine(null, record.Key, s_now, _services.Settings).Refused);
        Assert.Equal(RefusedReason.Unknown, state.Examine(record, record.Key, s_now.AddDays(400), _services.Settings).Refused);
        Assert.Equal(SessionPhase.Presented, state.Phase);
    }

    [Fact]
    [Trait("abuse", "C8")]
    public void IsNotVerifiedByAnInventedSecret()
    {
        var (id, record) = Make();
        var state = Presented(id[..24] + new string('A', 32));

        Assert.Equal(
            new Examination(SecretVerdict.Foreign, null, RefusedReason.Foreign),
            state.Examine(record, record.Key, s_now, _services.Settings));
        Assert.False(state.IsSuperseded);
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public void IsSupersededByARefusedIdAndHandsOutTheRecordOfAReplayedOne()
    {
        var (id, record) = Make();
        var late = Presented(SessionIdFormat.WithNewRotor(id));

        Assert.Equal(
            new Examination(SecretVerdict.Refused, null, RefusedReason.Stale), late.Examine(record, record.Key, s_now, _services.Settings));
        Assert.True(late.IsSuperseded);

        var replay = s_now + _services.Settings.ReplayMargin + TimeSpan.FromMilliseconds(1);
        Assert.Equal(new Examination(SecretVerdict.Replayed, record, null), late.Examine(record, record.Key, replay, _services.Settings));
        Assert.Equal((SessionPhase.Presented, false), (late.Phase, late.IsSuperseded));
    }

    [Fact]
    [Trait("abuse", "C12e")]
    public void StaysVerifiedUntilTheIdIsReplacedAtOnceElsewhere()
    {
        var (id, record) = Make();
        var state = Presented(id);
        state.Examine(record, record.Key, s_now, _services.Settings);
        string next = SessionIdFormat.WithNewRotor(id);
        var renewed = record.Apply(Change(SessionRenewal.Propose(SessionIdFormat.HashOf(next), s_now, record)), s_now).Record!;
        var promoted = renewed.Apply(Change(SessionRenewal.Promote(SessionIdFormat.HashOf(next), s_now)), s_now).Record!;

        Assert.Null(state.Recognise(promoted));
        Assert.False(state.IsSuperseded);

        var replaced = promoted.Apply(Change(SessionRenewal.Replace(SessionIdFormat.HashOf(id), s_now, promoted)), s_now).Record!;

        Assert.Equal(RefusedReason.Stale, state.Recognise(replaced));
        Assert.True(state.IsSuperseded);
        Assert.Equal(
            new Examination(SecretVerdict.Current, null, RefusedReason.Stale),
            state.Examine(replaced, record.Key, s_now, _services.Settings));
    }

    [Fact]
    public void DoesNotTakeAnotherSessionUnderTheSameKeyForItsOwn()
    {
        var (id, record) = Make();
        var state = Presented(id);
        state.Examine(record, record.Key, s_now, _services.Settings);
        var (_, other) = Make();

        Assert.Equal(RefusedReason.Misplaced, state.Recognise(other));
    }

    [Fact]
    [Trait("abuse", "C4")]
    public void IssuesANewIdAfterTheOldSessionEnded()
    {
        var (id, record) = Make();
        var state = Presented(id);
        state.Examine(record, record.Key, s_now, _services.Settings);
        state.End();
        Assert.Equal((SessionPhase.Ended, 1, false), (state.Phase, state.Number, state.IsLive));
        Assert.Null(state.NewestId);

        var (nextId, next) = Make();
        state.Issue(nextId, next, predecessor: null);

        Assert.Equal((SessionPhase.Issued, 2, nextId, nextId), (state.Phase, state.Number, state.IdInUse, state.NewestId));
        Assert.Same(next, state.Session);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(7, false)]
    [InlineData(7, true)]
    public void RemembersItsPredecessorUntilItEnds(int number, bool bySigningIn)
    {
        var (id, record) = Make();
        var state = new SessionStateMachine();

        state.Issue(id, record, new SessionPredecessor(number, bySigningIn));
        Assert.Equal(new SessionPredecessor(number, bySigningIn), state.Predecessor);

        state.End();
        Assert.Null(state.Predecessor);
    }

    [Fact]
    public void ARenewalChangesTheNewestIdAndNotTheOneInUse()
    {
        var (id, record) = Make();
        var state = Presented(id);
        state.Examine(record, record.Key, s_now, _services.Settings);
        string next = SessionIdFormat.WithNewRotor(id);

        state.Renew(next);
        Assert.Equal((id, next), (state.IdInUse, state.NewestId));

        string replacement = SessionIdFormat.WithNewRotor(id);
        state.UseReplacement(replacement);
        Assert.Equal((replacement, replacement), (state.IdInUse, state.NewestId));
    }

    [Fact]
    public void AnnouncesOneIdAndTakesItOnce()
    {
        var state = new SessionStateMachine();
        state.Present([]);

        string announced = state.Announce(_store);

        Assert.Equal(announced, state.Announce(_store));
        Assert.Equal(announced, state.TakeAnnounced());
        Assert.Null(state.TakeAnnounced());
    }

    /// <summary>Else a request would be taken for the session that it only announced.</summary>
    [Fact]
    [Trait("abuse", "C12d")]
    public void AnAnnouncedIdIsNeverTheIdOfAVerifiedSession()
    {
        var (id, record) = Make();
        var state = Presented(id);
        string announced = state.Announce(_store);
        Assert.Equal(id, state.IdInUse);

        state.Examine(record, record.Key, s_now, _services.Settings);

        Assert.Equal((id, id), (state.IdInUse, state.NewestId));
        Assert.NotEqual(announced, state.IdInUse);
    }

    private static SessionChange Change(SessionRenewal renewal) => new() { Renewal = renewal };

    private static SessionStateMachine Presented(string id)
    {
        Span<byte> bytes = stackalloc byte[SessionIdFormat.ByteLength];
        Assert.True(SessionIdFormat.TryDecode(id, bytes));
        var state = new SessionStateMachine();
        state.Present(bytes);
        return state;
    }

    private (string Id, SessionRecord Record) Make() => _services.Make(_store, "alice", SessionFields.Empty);

    private sealed class Fixed(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
