namespace Sact.Session.SecondProcess;

/// <summary>One line to the second process: a verb of the store, what it takes, and what the clock shows.</summary>
internal sealed record Call
{
    public long Id { get; init; }

    public required string Verb { get; init; }

    public int Handle { get; init; }

    public DateTimeOffset Now { get; init; }

    public long Timestamp { get; init; }

    /// <summary>Which store is opened: <c>sqlite</c> or <c>postgresql</c>.</summary>
    public string? Store { get; init; }

    public string? Connection { get; init; }

    public string? Prefix { get; init; }

    public SessionKey? Key { get; init; }

    public PackedRecord? Record { get; init; }

    public StoredChange? Change { get; init; }

    public string? UserId { get; init; }

    public int? CapMax { get; init; }

    public SessionCapPolicy CapPolicy { get; init; }

    public int Batch { get; init; }

    /// <summary>Why a session ends; null for a call that does not say.</summary>
    public SessionEndReason? Reason { get; init; }
}

/// <summary>One line back.</summary>
internal sealed record Answer
{
    public long Id { get; init; }

    public PackedRecord? Record { get; init; }

    public PackedRecord[]? Records { get; init; }

    public byte[]? Marker { get; init; }

    public int Status { get; init; }

    public SessionKey[]? Keys { get; init; }

    public long Number { get; init; }

    /// <summary>The kind of exception: <c>argument</c>, <c>store</c>, or another one's name.</summary>
    public string? Fault { get; init; }

    public string? Message { get; init; }

    public bool OutcomeUnknown { get; init; }
}

/// <summary>A record on the wire: as a store keeps it, so that it comes through byte for byte, version included.</summary>
internal sealed record PackedRecord(SessionKey Key, byte[] Bytes)
{
    public static PackedRecord From(SessionRecord record) => new(record.Key, record.Pack());

    public SessionRecord ToRecord() => SessionRecord.Unpack(Key, Bytes);
}

/// <summary>A change as JSON. Fields and values travel as texts, so that they come through byte for byte.</summary>
internal sealed record StoredChange(
    byte[]? Set,
    string[] Remove,
    DateTimeOffset? SeenAt,
    SessionClient? Client,
    TimeSpan TouchInterval,
    SessionRenewalKind? Renewal,
    byte[]? Hash,
    DateTimeOffset? At,
    byte[]? ExpectedCurrent,
    byte[]? ExpectedPending,
    int? Level,
    DateTimeOffset? AuthenticatedAt,
    bool SignsIn,
    TimeSpan[]? Lifetimes,
    bool? IsPersistent,
    string? Field,
    byte[]? Expected,
    int? Generation,
    int? MaxBytes)
{
    public static StoredChange From(SessionChange c) => new(
        c.Set?.ToJson(),
        [.. c.Remove],
        c.Touch?.SeenAt,
        c.Touch?.Client,
        c.Touch?.Interval ?? default,
        c.Renewal?.Kind,
        c.Renewal?.Hash.ToArray(),
        c.Renewal?.At,
        c.Renewal?.ExpectedCurrent?.ToArray(),
        c.Renewal?.ExpectedPending?.ToArray(),
        c.Raise?.Level, c.Raise?.AuthenticatedAt, c.Raise?.SignsIn ?? false,
        c.Raise?.Lifetimes is { } limits ? [limits.IdleTimeout, limits.FirstUseTimeout, limits.AbsoluteTimeout] : null,
        c.Raise?.IsPersistent, c.Condition?.Name, c.Condition?.Expected?.ToArray(), c.Generation, c.MaxBytes);

    public SessionChange ToChange(SessionRecord session) => new()
    {
        Set = Set is null ? null : SessionFields.RestoreJson(Set),
        Remove = Remove,
        Touch = SeenAt is { } seen ? new SessionTouch(seen, Client, TouchInterval) : null,
        Renewal = Renewal switch
        {
            SessionRenewalKind.Propose => SessionRenewal.Propose(new SecretHash(Hash), At!.Value, Seen(session)),
            SessionRenewalKind.Promote => SessionRenewal.Promote(new SecretHash(Hash), At!.Value),
            SessionRenewalKind.Replace => SessionRenewal.Replace(new SecretHash(Hash), At!.Value, Seen(session)),
            _ => null,
        },
        Raise = Level is { } level
            ? new SessionRaise(
                level,
                AuthenticatedAt!.Value,
                SignsIn,
                Lifetimes is null ? null : new SessionLifetimes(Lifetimes[0], Lifetimes[1], Lifetimes[2]),
                IsPersistent)
            : null,
        Condition = Field is null ? null : new SessionFieldCondition(Field, Expected is null ? default(ReadOnlyMemory<byte>?) : Expected),
        Generation = Generation,
        MaxBytes = MaxBytes,
    };

    /// <summary>The record that a renewal was decided upon: nothing of it counts but its rotors.</summary>
    private SessionRecord Seen(SessionRecord session) => new()
    {
        Key = session.Key,
        State = session.State,
        LineageHash = session.LineageHash,
        CurrentHash = new SecretHash(ExpectedCurrent),
        PendingHash = ExpectedPending is null ? null : new SecretHash(ExpectedPending),
        Lifetimes = session.Lifetimes,
        CreatedAt = session.CreatedAt,
        LastSeenAt = session.LastSeenAt,
    };
}
