using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Sact.Session;

/// <summary>
/// Which session a request has, and by which id: presented, verified, issued or ended. It knows neither HTTP nor the store.
/// The caller serialises access. It is a struct, because an object of its own would add 24 of 432 bytes to each read.
/// </summary>
internal struct SessionStateMachine
{
    // In one byte: what becomes of "last seen" (2 bits), the reason of the end (4 bits), and whether the id is superseded.
    private const byte SeenMask = 0x03;
    private const byte ReasonMask = 0x3c;
    private const int ReasonShift = 2;
    private const byte Superseded = 0x80;

    // Hidden from the debugger, whose views end up in screenshots and dumps of variables.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private SessionIdBytes _presented;

    // An id that this request has created: announced while there is no session, then issued.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _created;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _renewed;

    // Zero for none; else the number, and whether by signing in, in one value: it saves 8 bytes of each read.
    private int _predecessor;

    // Three values in one: it saves 8 bytes of each read.
    private byte _marks;

    /// <summary>Whether the cookie of the request was read.</summary>
    public readonly bool IsCookieRead => Phase != SessionPhase.Unread;

    public SessionPhase Phase { get; private set; }

    /// <summary>The record as it was verified or created: it says which session this is. Its data may be outdated.</summary>
    public SessionRecord? Session { get; private set; }

    /// <summary>The generation of the id in use. A record of another generation has had its id replaced at once by somebody else.</summary>
    public int Generation { get; private set; }

    /// <summary>Whether the session lives on under a newer id, which the client has or is about to receive.</summary>
    public bool IsSuperseded
    {
        readonly get => (_marks & Superseded) != 0;
        private set => _marks = (byte)(value ? _marks | Superseded : _marks & ~Superseded);
    }

    /// <summary>Why the session of the presented id has ended; null if it lives, or if the request must not know.</summary>
    public SessionEndReason? EndReason
    {
        readonly get => (_marks & ReasonMask) == 0 ? null : (SessionEndReason)((_marks & ReasonMask) >> ReasonShift);
        private set => _marks = (byte)((_marks & ~ReasonMask) | ((int)value.GetValueOrDefault() << ReasonShift));
    }

    /// <summary>What becomes of "last seen" in this request.</summary>
    public SeenNote Seen
    {
        readonly get => (SeenNote)(_marks & SeenMask);
        set => _marks = (byte)((_marks & ~SeenMask) | (byte)value);
    }

    /// <summary>Changes whenever a session begins or ends in this request.</summary>
    public int Number { get; private set; }

    /// <summary>What this request had before its present session began; null if that was a user's session.</summary>
    public readonly SessionPredecessor? Predecessor =>
        _predecessor == 0 ? null : new((_predecessor >> 1) - 1, (_predecessor & 1) != 0);

    /// <summary>Whether the request has a session, by an id that was verified or issued in it.</summary>
    public readonly bool IsLive => Phase is SessionPhase.Verified or SessionPhase.Issued;

    /// <summary>The bytes of the presented id.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Presented => _presented;

    /// <summary>The id by which this request uses its session. A renewal with a grace does not change it.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public readonly string IdInUse => IsLive && _created is { } id ? id : SessionIdFormat.Encode(_presented);

    /// <summary>The newest id that was verified or issued in this request; null if there is none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public readonly string? NewestId => _renewed ?? (IsLive ? IdInUse : null);

    /// <summary>The cookie of the request was read.</summary>
    /// <param name="id">The well-formed id that it presents; empty for none.</param>
    public void Present(ReadOnlySpan<byte> id)
    {
        id.CopyTo(_presented);
        Phase = id.IsEmpty ? SessionPhase.None : SessionPhase.Presented;
    }

    /// <summary>The id that the next session of this request will have. It is created once, and only the library chooses it.</summary>
    public string Announce(IGenericStore store) => _created ??= store.CreateSessionId();

    /// <summary>Takes the announced id; null if there is none.</summary>
    public string? TakeAnnounced() => Interlocked.Exchange(ref _created, null);

    /// <summary>Compares the record that a store returned with the id of this request, and verifies the id if it is valid.</summary>
    /// <param name="stored">The store's answer.</param>
    /// <param name="key">The key that was read.</param>
    /// <param name="now">The current time.</param>
    /// <param name="settings">Grace and replay margin.</param>
    public Examination Examine(SessionRecord? stored, SessionKey key, DateTimeOffset now, SessionSettings settings)
    {
        IsSuperseded = false;
        EndReason = null;
        if (RefusalOf(stored, key, now) is { } refused)
        {
            return new(SecretVerdict.Foreign, null, refused);
        }

        // A verified id stays verified while the session is the same and its id was not replaced at once.
        if (IsLive)
        {
            var reason = Recognise(stored!);
            return new(SecretVerdict.Current, reason is null ? stored : null, reason);
        }

        var verdict = SecretRule.Evaluate(_presented, stored!, now, settings.RenewalGrace, settings.ReplayMargin);
        switch (verdict)
        {
            case SecretVerdict.Foreign:
                return new(verdict, null, RefusedReason.Foreign);
            case SecretVerdict.Refused:
                IsSuperseded = true;
                return new(verdict, null, RefusedReason.Stale);
            case not SecretVerdict.Replayed:
                Session = stored;
                Generation = stored!.Generation;
                Phase = SessionPhase.Verified;
                _created = null;
                break;
        }

        return new(verdict, stored, null);
    }

    /// <summary>
    /// Notes that the session has ended. Only whoever presents an id that was valid at the end, or was verified in this request, may know
    /// why.
    /// </summary>
    /// <remarks>
    /// A sign-out deletes the cookie, so an id that ended by one a moment ago is that of a late request. A sign-in may have followed.
    /// </remarks>
    public void NoteEnded(EndedMarker ended, DateTimeOffset now, SessionSettings settings)
    {
        if (!(IsLive ? ended.LineageHash == Session!.LineageHash : ended.Belongs(_presented)))
        {
            return;
        }

        IsSuperseded = ended.LivesOn
            || (ended.Reason == SessionEndReason.SignedOut && now - ended.EndedAt < settings.RenewalGrace);
        bool isVerified = IsLive ? ended.Generation == Generation : ended.Accepts(_presented, settings.RenewalGrace);
        EndReason = isVerified ? ended.Reason : null;
    }

    /// <summary>Why a record is not the live record of a key; null if it is.</summary>
    public static RefusedReason? RefusalOf(SessionRecord? stored, SessionKey key, DateTimeOffset now) =>
        stored is not null && stored.Key != key ? RefusedReason.Misplaced
        : stored is null || !stored.IsLive(now) ? RefusedReason.Unknown
        : null;

    /// <summary>Why a record is not of this request's session under its id; null if it is.</summary>
    public RefusedReason? Recognise(SessionRecord record)
    {
        if (!record.IsSameSession(Session!))
        {
            return RefusedReason.Misplaced;
        }

        IsSuperseded = record.Generation != Generation;
        return IsSuperseded ? RefusedReason.Stale : null;
    }

    /// <summary>What the id in use is worth against a record.</summary>
    public readonly SecretVerdict Evaluate(SessionRecord record, DateTimeOffset now, SessionSettings settings) =>
        SecretRule.Evaluate(IdInUse, record, now, settings.RenewalGrace, settings.ReplayMargin);

    /// <summary>A session has begun under a new id.</summary>
    public void Issue(string id, SessionRecord record, SessionPredecessor? predecessor)
    {
        Number++;
        Phase = SessionPhase.Issued;
        Session = record;
        Generation = record.Generation;
        IsSuperseded = false;
        EndReason = null;
        _created = id;
        _renewed = null;
        _predecessor = predecessor is { } before ? ((before.Number + 1) << 1) | (before.BySigningIn ? 1 : 0) : 0;
    }

    /// <summary>A newer id was sent. The id in use stays valid until the newer one arrives.</summary>
    public void Renew(string id) => _renewed = id;

    /// <summary>The id was replaced at once; the record shows the new generation.</summary>
    public void Replace(SessionRecord record) => Generation = record.Generation;

    /// <summary>The id that replaced the old one at once is in use from now on.</summary>
    public void UseReplacement(string id)
    {
        _created = id;
        _renewed = null;
    }

    /// <summary>The request has ended its session. A record that arrives later changes nothing.</summary>
    public void End()
    {
        Number++;
        Phase = SessionPhase.Ended;
        IsSuperseded = false;
        _created = null;
        _renewed = null;
        _predecessor = 0;
    }
}
