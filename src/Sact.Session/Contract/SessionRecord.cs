using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sact.Session.Stores;

/// <summary>
/// What a store keeps under a session key. Immutable. It holds hashes in place of the secret. Two records are equal only if they are the
/// same object, and <see cref="ToString"/> reveals nothing.
/// </summary>
/// <remarks>
/// Times are in whole milliseconds (UTC), which every store can keep exactly. A store that reads a record back sets the properties as it
/// wrote them and then calls <see cref="Validate"/>; a record that breaks a rule is unreadable.
/// </remarks>
[DebuggerDisplay("{Key} {State}")]
public sealed record SessionRecord
{
    /// <summary>The format that this version writes: 1. A store refuses to read or change a record of a newer format.</summary>
    public const int CurrentFormat = 1;

    private readonly Instant _createdAt;
    private readonly Instant _lastSeenAt;
    private readonly Instant _authenticatedAt = Instant.None;
    private readonly RareValues? _rare;
    private readonly byte _state;
    private readonly byte _level;

    /// <summary>
    /// How long after its deadline a cleanup or a time-to-live may destroy a record: 10 minutes, because the clocks of nodes differ.
    /// </summary>
    public static TimeSpan SkewMargin { get; } = TimeSpan.FromMinutes(10);

    /// <summary>The record's name in the store.</summary>
    public required SessionKey Key { get; init; }

    /// <summary>The application's id of the user of a signed-in or pending session; null for an anonymous one.</summary>
    public string? UserId { get; init; }

    /// <summary>Anonymous, pending or signed in.</summary>
    /// <exception cref="OverflowException">The value does not fit a byte.</exception>
    public required SessionState State
    {
        get => (SessionState)_state;
        init => _state = checked((byte)value);
    }

    /// <summary>
    /// How well the user is authenticated, 0 to 255; default 0 (NIST SP 800-63B-4 authenticator assurance level, or the application's own
    /// scale).
    /// </summary>
    /// <exception cref="OverflowException">The value is below 0 or above 255.</exception>
    public int AssuranceLevel
    {
        get => _level;
        init => _level = checked((byte)value);
    }

    /// <summary>The hash of key part and lineage, which is the same for the life of the session.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required SecretHash LineageHash { get; init; }

    /// <summary>The hash of the id that is valid now.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required SecretHash CurrentHash { get; init; }

    /// <summary>The hash of an id that was sent and has not come back yet; null if there is none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public SecretHash? PendingHash
    {
        get => _rare?.PendingHash;
        init => _rare = value is null && _rare is null ? null : (_rare ?? RareValues.None) with { PendingHash = value };
    }

    /// <summary>When the pending id was sent; null if there is none.</summary>
    public DateTimeOffset? PendingSince
    {
        get => _rare?.PendingSince.ToTimeOrNull();
        init => _rare = value is null && _rare is null ? null : (_rare ?? RareValues.None) with { PendingSince = Instant.Of(value) };
    }

    /// <summary>
    /// The hash of the id that the current one replaced, which stays valid for the grace after <see cref="LastPromotedAt"/>; null if there
    /// is none.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public SecretHash? PreviousHash
    {
        get => _rare?.PreviousHash;
        init => _rare = value is null && _rare is null ? null : (_rare ?? RareValues.None) with { PreviousHash = value };
    }

    /// <summary>When an id last became current by renewal; null if the first one is current.</summary>
    public DateTimeOffset? LastPromotedAt
    {
        get => _rare?.LastPromotedAt.ToTimeOrNull();
        init => _rare = value is null && _rare is null ? null : (_rare ?? RareValues.None) with { LastPromotedAt = Instant.Of(value) };
    }

    /// <summary>
    /// How often an id was replaced at once, without grace; default 0. A request that verified an id of an older generation is refused.
    /// </summary>
    public int Generation
    {
        get => _rare?.Generation ?? 0;
        init => _rare = value == 0 && _rare is null ? null : (_rare ?? RareValues.None) with { Generation = value };
    }

    /// <summary>
    /// The data key of the sealed fields, wrapped for the current id; null if the session has none. A record that has one has one for each
    /// of its ids.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public WrappedKey? CurrentKey
    {
        get => _rare?.Keys?.Current;
        init => _rare = WithKeys(value, Keys with { Current = value });
    }

    /// <summary>The same data key, wrapped for the pending id; null if there is none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public WrappedKey? PendingKey
    {
        get => _rare?.Keys?.Pending;
        init => _rare = WithKeys(value, Keys with { Pending = value });
    }

    /// <summary>The same data key, wrapped for the previous id; null if there is none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public WrappedKey? PreviousKey
    {
        get => _rare?.Keys?.Previous;
        init => _rare = WithKeys(value, Keys with { Previous = value });
    }

    /// <summary>
    /// Whether the session's cookie has ever come back; default false. Until then the session lives for the first-use timeout.
    /// </summary>
    public bool Presented { get; init; }

    /// <summary>Whether the session's cookie outlives the browser; default false.</summary>
    public bool IsPersistent { get; init; }

    /// <summary>The metadata, including the library's own fields (<c>$…</c>); default none.</summary>
    public SessionFields Fields { get; init; } = SessionFields.Empty;

    /// <summary>The device at sign-in; null if it was not captured.</summary>
    public SessionClient? SignInClient
    {
        get => _rare?.SignInClient;
        init => _rare = value is null && _rare is null ? null : (_rare ?? RareValues.None) with { SignInClient = value };
    }

    /// <summary>The device that the session was last seen from; null if it was not captured.</summary>
    public SessionClient? LastSeenClient
    {
        get => _rare?.LastSeenClient;
        init => _rare = value is null && _rare is null ? null : (_rare ?? RareValues.None) with { LastSeenClient = value };
    }

    /// <summary>When the session was created. The absolute timeout counts from this time.</summary>
    public required DateTimeOffset CreatedAt
    {
        get => _createdAt.ToTime();
        init => _createdAt = Instant.Of(value);
    }

    /// <summary>When the user last authenticated; null for an anonymous session.</summary>
    public DateTimeOffset? AuthenticatedAt
    {
        get => _authenticatedAt.ToTimeOrNull();
        init => _authenticatedAt = Instant.Of(value);
    }

    /// <summary>
    /// When the session was last seen, as exactly as <c>TouchInterval</c> allows. The idle timeout counts from this time.
    /// </summary>
    public required DateTimeOffset LastSeenAt
    {
        get => _lastSeenAt.ToTime();
        init => _lastSeenAt = Instant.Of(value);
    }

    /// <summary>The session's own time limits.</summary>
    public required SessionLifetimes Lifetimes { get; init; }

    /// <summary>
    /// The number of the record's state, at least 1; default 1. Every change makes it larger, so a store replaces a record only while it
    /// still has the version that the caller has seen.
    /// </summary>
    /// <remarks>The step is random, because a restored backup repeats old versions. Two histories then do not meet at one number.</remarks>
    public long Version { get; init; } = 1;

    /// <summary>The format that the record was written in, 1 to 255; default <see cref="CurrentFormat"/>.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>
    /// The deadline: the idle deadline or the absolute one, whichever is earlier. While the cookie has never come back, the first-use
    /// timeout applies as well. Exactly at its deadline a session is expired.
    /// </summary>
    public DateTimeOffset ExpiresAt
    {
        get
        {
            bool idles = Presented || Lifetimes.IdleTimeout < Lifetimes.FirstUseTimeout;
            var idle = LastSeenAt + (idles ? Lifetimes.IdleTimeout : Lifetimes.FirstUseTimeout);
            var absolute = AbsoluteDeadline;
            return idle < absolute ? idle : absolute;
        }
    }

    /// <summary>
    /// When the session ends whatever happens: creation plus absolute timeout. An index or a time-to-live that must not be rewritten with
    /// every touch uses it.
    /// </summary>
    public DateTimeOffset AbsoluteDeadline => CreatedAt + Lifetimes.AbsoluteTimeout;

    /// <summary>Tells whether the session is live.</summary>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>True if <paramref name="now"/> is before <see cref="ExpiresAt"/>.</returns>
    public bool IsLive(DateTimeOffset now) => now < ExpiresAt;

    /// <summary>Tells whether a cleanup may destroy the record.</summary>
    /// <param name="now">
    /// The current time of a clock that agrees with the application's, such as <c>GenericStore.DestructionTime</c>.
    /// </param>
    /// <returns>True if <see cref="SkewMargin"/> has passed since the deadline.</returns>
    public bool MayBeDestroyed(DateTimeOffset now) => now >= ExpiresAt + SkewMargin;

    /// <summary>
    /// Tells whether another record is of the same session. A caller that changes or ends a session must hold a record that is.
    /// </summary>
    /// <param name="other">The other record.</param>
    /// <returns>True if key and lineage are the same.</returns>
    public bool IsSameSession(SessionRecord other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Key == other.Key && LineageHash == other.LineageHash;
    }

    /// <summary>
    /// Tells whether another record is this very creation, so that creating it once more is a retry. Two different sign-ins never are,
    /// unless the random source repeats a whole id for one user in one millisecond.
    /// </summary>
    /// <param name="other">The other record.</param>
    /// <returns>True if key, hashes, user, state and time of creation are the same.</returns>
    public bool IsSameCreation(SessionRecord other) =>
        IsSameSession(other) && CurrentHash == other.CurrentHash && State == other.State && _createdAt == other._createdAt
        && string.Equals(UserId, other.UserId, StringComparison.Ordinal);

    /// <summary>
    /// Makes the record after a change: the merge that every store's <see cref="IGenericStore.UpdateAsync"/> must come to. It writes
    /// nothing; a store calls it inside its transaction and keeps the record that it returns.
    /// </summary>
    /// <param name="change">The change.</param>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>
    /// <see cref="SessionUpdate.Gone"/> if this record is not live; a conflict with this record if it does not meet a condition, or if the
    /// level would become lower; <see cref="SessionUpdate.TooLarge"/>; or the new record.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The change raises the level without a renewal of the kind <see cref="SessionRenewalKind.Replace"/>.
    /// </exception>
    public SessionUpdate Apply(SessionChange change, DateTimeOffset now) => ChangeRule.Apply(this, change, now);

    /// <summary>
    /// Checks that a record does not contradict itself. A store calls it for what it reads, and the core for what it writes.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <returns>The rule that the record breaks, as whole sentences; null if it breaks none.</returns>
    public static string? Validate(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return RecordRule.Validate(record);
    }

    /// <summary>
    /// Writes the record as bytes, which a store keeps whole: a header that no format ever moves (<see cref="RecordHeader"/>), a body, and
    /// a checksum. The key is not in it, and is needed to read it.
    /// </summary>
    /// <returns>The bytes.</returns>
    public byte[] Pack()
    {
        int most = RecordHeader.UserOffset + UserIdRule.MaxBytes + PackedBody.MaxLength(this) + RecordHeader.ChecksumLength;
        byte[] rented = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            int body = RecordHeader.Write(this, rented);
            var writer = new PackedWriter(rented.AsSpan(body));
            PackedBody.Write(this, ref writer);
            var packed = rented.AsSpan(0, body + writer.Length + RecordHeader.ChecksumLength);
            RecordHeader.WriteChecksum(Key, packed);
            return packed.ToArray();
        }
        finally
        {
            // It held a user's data.
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    /// <summary>Reads a record that <see cref="Pack"/> wrote.</summary>
    /// <param name="key">The key under which the bytes were found.</param>
    /// <param name="packed">The bytes.</param>
    /// <returns>The record.</returns>
    /// <exception cref="FormatException">The bytes are no record, are damaged, or belong to another key.</exception>
    /// <exception cref="SessionStoreException">A newer version of this library wrote them.</exception>
    public static SessionRecord Unpack(SessionKey key, ReadOnlySpan<byte> packed)
    {
        var stored = StoredRecord.Unpack(key, packed);
        return stored.Record ?? throw (stored.Error is { } error
            ? new FormatException(error.Message, error)
            : GenericStore.NewerFormat(stored.Header.Format));
    }

    private RecordKeys Keys => _rare?.Keys ?? RecordKeys.None;

    private RareValues? WithKeys(WrappedKey? value, RecordKeys keys) =>
        value is null && _rare is null ? null : (_rare ?? RareValues.None) with { Keys = keys == RecordKeys.None ? null : keys };

    /// <summary>Compares by identity, which is what a store's compare-and-swap needs.</summary>
    /// <param name="other">The other record.</param>
    /// <returns>True if both are the same object.</returns>
    public bool Equals(SessionRecord? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    /// <summary>Reveals nothing of the record.</summary>
    /// <returns>The name of this type.</returns>
    public override string ToString() => nameof(SessionRecord);
}
