using System.Diagnostics.CodeAnalysis;

namespace Sact.Session.Stores;

/// <summary>
/// A delta to a record: what <see cref="IGenericStore.UpdateAsync"/> applies, all of it or none. Immutable. Everything is optional; a change that
/// sets nothing is applied and changes nothing.
/// </summary>
/// <remarks>Stores that rewrite a whole record apply it with <see cref="SessionRecord.Apply"/>; stores that do not must come to the same result.</remarks>
public sealed class SessionChange
{
    /// <summary>Fields to add or replace; null for none. A name that is also in <see cref="Remove"/> is set.</summary>
    public SessionFields? Set { get; init; }

    /// <summary>Names of fields to remove; a name that is not there is skipped.</summary>
    public IReadOnlyList<string> Remove { get; init; } = [];

    /// <summary>Notes that the session was seen; null if it was not.</summary>
    public SessionTouch? Touch { get; init; }

    /// <summary>A step of renewal, conditional on the rotors it was decided upon; null for none.</summary>
    public SessionRenewal? Renewal { get; init; }

    /// <summary>Raises the assurance level; null for no change. It goes with a renewal of the kind <see cref="SessionRenewalKind.Replace"/>.</summary>
    public SessionRaise? Raise { get; init; }

    /// <summary>The value one field must have for the change to be applied, or else the answer is a conflict; null for no condition.</summary>
    public SessionFieldCondition? Condition { get; init; }

    /// <summary>
    /// The <see cref="SessionRecord.Generation"/> the record must have for the change to be applied, or else the answer is a conflict; null for no condition. So a request whose id was replaced at once,
    /// after it had been verified, writes nothing more.
    /// </summary>
    public int? Generation { get; init; }

    /// <summary>
    /// The most that names and values may come to after the change, in bytes; null for no limit. A change that does not make the fields larger is
    /// never refused, so that a record which is over a lowered limit can be brought back under it.
    /// </summary>
    public int? MaxBytes { get; init; }

    /// <summary>Whether the change sets or removes fields.</summary>
    public bool ChangesFields => Set is { Count: > 0 } || Remove.Count > 0;
}

/// <summary>The note that a session was seen. It moves no clock backwards.</summary>
/// <param name="seenAt">When it was seen.</param>
/// <param name="client">The device it was seen from; null to leave what is known.</param>
public sealed class SessionTouch(DateTimeOffset seenAt, SessionClient? client = null)
{
    /// <summary>When the session was seen, in whole milliseconds.</summary>
    public DateTimeOffset SeenAt { get; } = SessionRecord.WholeMilliseconds(seenAt);

    /// <summary>The device it was seen from; null leaves the record's own.</summary>
    public SessionClient? Client { get; } = client;
}

/// <summary>The three steps a rotor can take.</summary>
public enum SessionRenewalKind
{
    /// <summary>A new rotor becomes <em>pending</em>: sent, not yet seen again. The current one stays good.</summary>
    Propose = 0,

    /// <summary>The pending rotor has arrived in a request: it becomes <em>current</em>, the current one <em>previous</em>.</summary>
    Promote = 1,

    /// <summary>A new rotor becomes <em>current</em> at once; pending and previous are forgotten and the generation goes up by one.</summary>
    Replace = 2,
}

/// <summary>A step of renewal. It is applied only while the rotors are those it was decided upon; otherwise the answer is a conflict.</summary>
public sealed class SessionRenewal
{
    private SessionRenewal(SessionRenewalKind kind, SecretHash hash, DateTimeOffset at, SecretHash? expectedCurrent, SecretHash? expectedPending)
    {
        if (hash.IsDefault)
        {
            throw new ArgumentException("A renewal needs the hash of a session id.", nameof(hash));
        }

        Kind = kind;
        Hash = hash;
        At = SessionRecord.WholeMilliseconds(at);
        ExpectedCurrent = expectedCurrent;
        ExpectedPending = expectedPending;
    }

    /// <summary>The step.</summary>
    public SessionRenewalKind Kind { get; }

    /// <summary>The hash of the id that becomes pending (propose) or current (promote, replace).</summary>
    public SecretHash Hash { get; }

    /// <summary>When the step was decided.</summary>
    public DateTimeOffset At { get; }

    /// <summary>The current rotor's hash that must stand in the record; null for a promotion, which looks only at the pending one.</summary>
    public SecretHash? ExpectedCurrent { get; }

    /// <summary>The pending rotor's hash that must stand in the record; null if none must.</summary>
    public SecretHash? ExpectedPending { get; }

    /// <summary>A new rotor becomes pending.</summary>
    /// <param name="pending">The hash of the new id.</param>
    /// <param name="at">Now.</param>
    /// <param name="seen">The record the decision rests on: its current and pending rotors must still stand.</param>
    public static SessionRenewal Propose(SecretHash pending, DateTimeOffset at, SessionRecord seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return new(SessionRenewalKind.Propose, pending, at, seen.CurrentHash, seen.PendingHash);
    }

    /// <summary>The pending rotor has arrived.</summary>
    /// <param name="pending">The hash of the id that arrived.</param>
    /// <param name="at">Now.</param>
    public static SessionRenewal Promote(SecretHash pending, DateTimeOffset at) => new(SessionRenewalKind.Promote, pending, at, null, pending);

    /// <summary>A new rotor becomes current at once.</summary>
    /// <param name="current">The hash of the new id.</param>
    /// <param name="at">Now.</param>
    /// <param name="seen">The record the decision rests on: its current and pending rotors must still stand.</param>
    public static SessionRenewal Replace(SecretHash current, DateTimeOffset at, SessionRecord seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return new(SessionRenewalKind.Replace, current, at, seen.CurrentHash, seen.PendingHash);
    }

    /// <summary>Whether the record's rotors are those the step was decided upon.</summary>
    /// <param name="record">The record as it stands.</param>
    public bool Holds(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return (ExpectedCurrent is null || ExpectedCurrent == record.CurrentHash) && ExpectedPending == record.PendingHash;
    }
}

/// <summary>Raises a session's assurance level after a further factor (ASVS 5.0 V7.5.3: re-authentication before something sensitive).</summary>
/// <param name="level">The new level; it must be at least the record's.</param>
/// <param name="authenticatedAt">When the factor was shown.</param>
/// <param name="signsIn">Whether a pending session becomes signed in by it.</param>
/// <param name="lifetimes">New limits, for a pending session that is short-lived until it is signed in; null to keep its own.</param>
/// <param name="isPersistent">Whether the cookie outlives the browser from now on; null to keep.</param>
public sealed class SessionRaise(int level, DateTimeOffset authenticatedAt, bool signsIn = false, SessionLifetimes? lifetimes = null, bool? isPersistent = null)
{
    /// <summary>The new level, 0 to 255.</summary>
    public int Level { get; } = level is >= 0 and <= 255 ? level : throw new ArgumentOutOfRangeException(nameof(level), level, "An assurance level lies between 0 and 255.");

    /// <summary>When the factor was shown, in whole milliseconds.</summary>
    public DateTimeOffset AuthenticatedAt { get; } = SessionRecord.WholeMilliseconds(authenticatedAt);

    /// <summary>Whether a pending session becomes signed in by it.</summary>
    public bool SignsIn { get; } = signsIn;

    /// <summary>New limits; null keeps the record's own. The absolute one still counts from the session's creation.</summary>
    public SessionLifetimes? Lifetimes { get; } = lifetimes;

    /// <summary>Whether the cookie outlives the browser from now on; null keeps it as it is.</summary>
    public bool? IsPersistent { get; } = isPersistent;
}

/// <summary>The value one field must have for a change to be applied: the <em>compare</em> of compare-and-swap.</summary>
public sealed class SessionFieldCondition
{
    /// <summary>Sets the condition.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="expected">Its value byte for byte; null if the field must be absent.</param>
    /// <exception cref="ArgumentException">The name breaks the rules for names, or the value is empty, which no JSON is.</exception>
    public SessionFieldCondition(string name, ReadOnlyMemory<byte>? expected)
    {
        SessionFieldRule.ThrowIfBadName(name, allowReserved: true, nameof(name));
        if (expected is { IsEmpty: true })
        {
            throw new ArgumentException("A field's value is never empty. Pass null (a ReadOnlyMemory<byte>? without a value) for a field that must be absent.", nameof(expected));
        }

        Name = name;
        Expected = expected;
    }

    /// <summary>The field's name.</summary>
    public string Name { get; }

    /// <summary>The value byte for byte; null if the field must be absent.</summary>
    public ReadOnlyMemory<byte>? Expected { get; }

    /// <summary>Whether the fields meet the condition.</summary>
    /// <param name="fields">A record's fields as they stand.</param>
    public bool Holds([NotNull] SessionFields? fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return fields.TryGetValue(Name, out var value) ? Expected is { } expected && expected.Span.SequenceEqual(value.Span) : Expected is null;
    }
}
