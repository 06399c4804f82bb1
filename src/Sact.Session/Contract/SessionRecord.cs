using System.Diagnostics;

namespace Sact.Session.Stores;

/// <summary>
/// What a store keeps under a session key. Immutable: a change makes another. It holds hashes in place of the secret. Two records are equal only if
/// they are the same object, and <see cref="ToString"/> tells nothing.
/// </summary>
/// <remarks>
/// Instants are kept in whole milliseconds (UTC), a measure that every store can keep exactly. A store that reads one back sets the properties as it wrote them and
/// then asks <see cref="Validate"/>; a record with a fault is unreadable.
/// </remarks>
[DebuggerDisplay("{Key} {State}")]
public sealed partial class SessionRecord
{
    /// <summary>The format this version writes. A record of a newer format is a <see cref="SessionStoreException"/> to a store and stays untouched.</summary>
    public const int CurrentFormat = 1;

    // What few records have stands apart, so that the many are small.
    private readonly Rotation? _rotation;
    private readonly long _createdAt;
    private readonly long _lastSeenAt;
    private readonly long _authenticatedAt = Never;
    private readonly byte _state;
    private readonly byte _level;
    private readonly byte _flags;

    private const long Never = long.MinValue;
    private const byte PresentedFlag = 1;
    private const byte PersistentFlag = 2;

    /// <summary>How long after its deadline a record may be destroyed by a sweep or a TTL: 10 minutes, because the clocks of nodes differ.</summary>
    public static TimeSpan SkewMargin { get; } = TimeSpan.FromMinutes(10);

    /// <summary>The record's name in the store.</summary>
    public required SessionKey Key { get; init; }

    /// <summary>The application's id of the user: of a signed-in and of a pending session; null for an anonymous one.</summary>
    public string? UserId { get; init; }

    /// <summary>Anonymous, pending or signed in.</summary>
    public required SessionState State
    {
        get => (SessionState)_state;
        init => _state = checked((byte)value);
    }

    /// <summary>How well the user is known, 0 to 255 (NIST SP 800-63B authenticator assurance level, or the application's own scale).</summary>
    public int AssuranceLevel
    {
        get => _level;
        init => _level = checked((byte)value);
    }

    /// <summary>The hash of key part and lineage: the same for the life of the session.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required SecretHash LineageHash { get; init; }

    /// <summary>The hash of the id that is good now.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required SecretHash CurrentHash { get; init; }

    /// <summary>The hash of an id that was sent and has not been seen yet; null if there is none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public SecretHash? PendingHash
    {
        get => _rotation?.Pending;
        init => _rotation = Rotation.With(_rotation, value is not null, rotation => rotation with { Pending = value });
    }

    /// <summary>When the pending id was sent; null if there is none.</summary>
    public DateTimeOffset? PendingSince
    {
        get => ToInstant(_rotation?.PendingSince ?? Never);
        init => _rotation = Rotation.With(_rotation, value is not null, rotation => rotation with { PendingSince = ToMilliseconds(value) });
    }

    /// <summary>The hash of the id that the current one replaced; it is good for the grace after <see cref="LastPromotedAt"/>. Null if there is none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public SecretHash? PreviousHash
    {
        get => _rotation?.Previous;
        init => _rotation = Rotation.With(_rotation, value is not null, rotation => rotation with { Previous = value });
    }

    /// <summary>When an id last became current by renewal; null if the first one still is.</summary>
    public DateTimeOffset? LastPromotedAt
    {
        get => ToInstant(_rotation?.LastPromotedAt ?? Never);
        init => _rotation = Rotation.With(_rotation, value is not null, rotation => rotation with { LastPromotedAt = ToMilliseconds(value) });
    }

    /// <summary>How often an id was replaced at once, without grace. A request that verified an id in an older generation is refused from then on.</summary>
    public int Generation
    {
        get => _rotation?.Generation ?? 0;
        init => _rotation = Rotation.With(_rotation, value != 0, rotation => rotation with { Generation = value });
    }

    /// <summary>Whether the session has ever been presented. One that has not lives only for the first-use timeout.</summary>
    public bool Presented
    {
        get => (_flags & PresentedFlag) != 0;
        init => _flags = (byte)(value ? _flags | PresentedFlag : _flags & ~PresentedFlag);
    }

    /// <summary>Whether the session's cookie outlives the browser.</summary>
    public bool IsPersistent
    {
        get => (_flags & PersistentFlag) != 0;
        init => _flags = (byte)(value ? _flags | PersistentFlag : _flags & ~PersistentFlag);
    }

    /// <summary>The metadata, the library's own fields (<c>$…</c>) among them.</summary>
    public SessionFields Fields { get; init; } = SessionFields.Empty;

    /// <summary>The device at sign-in; null if it was not captured.</summary>
    public SessionClient? SignInClient
    {
        get => _rotation?.SignInClient;
        init => _rotation = Rotation.With(_rotation, value is not null, rotation => rotation with { SignInClient = value });
    }

    /// <summary>The device the session was last seen from; null if it was not captured.</summary>
    public SessionClient? LastSeenClient
    {
        get => _rotation?.LastSeenClient;
        init => _rotation = Rotation.With(_rotation, value is not null, rotation => rotation with { LastSeenClient = value });
    }

    /// <summary>When the session was created. The absolute timeout counts from here.</summary>
    public required DateTimeOffset CreatedAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_createdAt);
        init => _createdAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>When the user last proved who they are; null for an anonymous session.</summary>
    public DateTimeOffset? AuthenticatedAt
    {
        get => ToInstant(_authenticatedAt);
        init => _authenticatedAt = ToMilliseconds(value);
    }

    /// <summary>When the session was last seen, as exactly as touching is throttled. The idle timeout counts from here.</summary>
    public required DateTimeOffset LastSeenAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_lastSeenAt);
        init => _lastSeenAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The session's own time limits.</summary>
    public required SessionLifetimes Lifetimes { get; init; }

    /// <summary>The format the record was written in; <see cref="CurrentFormat"/> for a new one.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>
    /// The deadline: the absolute one, or the idle one if that comes first, or the first-use one while the session has never been presented. Exactly at its
    /// deadline a session is expired.
    /// </summary>
    public DateTimeOffset ExpiresAt
    {
        get
        {
            var wait = Presented || Lifetimes.IdleTimeout < Lifetimes.FirstUseTimeout ? Lifetimes.IdleTimeout : Lifetimes.FirstUseTimeout;
            var idle = LastSeenAt + wait;
            var absolute = AbsoluteDeadline;
            return idle < absolute ? idle : absolute;
        }
    }

    /// <summary>When the session ends whatever happens: creation plus absolute timeout. Indexes and TTLs that must not be rewritten with every touch go by it.</summary>
    public DateTimeOffset AbsoluteDeadline => CreatedAt + Lifetimes.AbsoluteTimeout;

    /// <summary>Whether the session is alive: <paramref name="now"/> is before <see cref="ExpiresAt"/>.</summary>
    /// <param name="now">Now, by the application's clock.</param>
    public bool IsLive(DateTimeOffset now) => now < ExpiresAt;

    /// <summary>Whether a sweep may destroy the record: <see cref="SkewMargin"/> has passed since its deadline.</summary>
    /// <param name="now">Now, by a clock that has been held against the application's.</param>
    public bool MayBeDestroyed(DateTimeOffset now) => now >= ExpiresAt + SkewMargin;

    /// <summary>Whether the other record is of the same session: same key, same lineage. Whoever changes or ends a session must hold a record that is.</summary>
    /// <param name="other">The other record.</param>
    public bool IsSameSession(SessionRecord other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Key == other.Key && LineageHash == other.LineageHash;
    }

    /// <summary>Whether the other record is this very creation, so that creating it once more is a retry: same key, hashes, user, state and time of creation. Two sign-ins of one user in one millisecond are taken for
    /// one only if the random source has repeated a whole id; then they share a session of that user's, and nobody else's.</summary>
    /// <param name="other">The other record.</param>
    public bool IsSameCreation(SessionRecord other) =>
        IsSameSession(other) && CurrentHash == other.CurrentHash && State == other.State && _createdAt == other._createdAt
        && string.Equals(UserId, other.UserId, StringComparison.Ordinal);

    /// <summary>What contradicts itself in a record, as a sentence; null if nothing does. Stores ask it of what they read, and the core of what it writes.</summary>
    /// <param name="record">The record.</param>
    public static string? Validate(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Key.IsDefault)
        {
            return "The record has no key.";
        }

        if (!Enum.IsDefined(record.State))
        {
            return "The record's state is none of the three.";
        }

        if (record.UserId is null != (record.State == SessionState.Anonymous))
        {
            return "An anonymous record has no user id, and every other has one.";
        }

        if (record.UserId is { } user && SessionFieldRule.ValidateUserId(user) is { } fault)
        {
            return "A user id " + fault;
        }

        if (record.LineageHash.IsDefault || record.CurrentHash.IsDefault)
        {
            return "The record lacks a hash.";
        }

        if (record.PendingHash is null != record.PendingSince is null || (record.PreviousHash is not null && record.LastPromotedAt is null))
        {
            return "The record's rotors and their times do not go together.";
        }

        if (!IsReasonable(record.CreatedAt) || !IsReasonable(record.LastSeenAt) || !IsReasonable(record.AuthenticatedAt) || !IsReasonable(record.PendingSince) || !IsReasonable(record.LastPromotedAt))
        {
            return "The record's instants lie between the years 1970 and 9000.";
        }

        return record.Lifetimes is null || record.Fields is null || record.Format < 1 ? "The record lacks its limits, fields or format." : null;
    }

    /// <summary>Tells that it is a record and nothing of it.</summary>
    public override string ToString() => nameof(SessionRecord);

    internal static DateTimeOffset WholeMilliseconds(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeMilliseconds(instant.ToUnixTimeMilliseconds());

    // Deadlines are sums of these, and must not run over the end of time.
    private static bool IsReasonable(DateTimeOffset? instant) => instant is null or { Year: >= 1970 and < 9000 };

    private static DateTimeOffset? ToInstant(long milliseconds) => milliseconds == Never ? null : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static long ToMilliseconds(DateTimeOffset? instant) => instant?.ToUnixTimeMilliseconds() ?? Never;

    private sealed record Rotation(
        SecretHash? Pending, long PendingSince, SecretHash? Previous, long LastPromotedAt, int Generation, SessionClient? SignInClient, SessionClient? LastSeenClient)
    {
        private static readonly Rotation s_none = new(null, Never, null, Never, 0, null, null);

        /// <summary>A record that has none of it costs no object for it.</summary>
        public static Rotation? With(Rotation? rotation, bool tells, Func<Rotation, Rotation> set) => rotation is null && !tells ? null : set(rotation ?? s_none);

        public override string ToString() => nameof(Rotation);
    }
}
