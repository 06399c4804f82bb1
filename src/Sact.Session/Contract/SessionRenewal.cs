using System.Diagnostics;

namespace Sact.Session.Stores;

/// <summary>
/// A step of renewal. It applies only while the record's rotors are those that the decision was based on; otherwise the result is a
/// conflict.
/// </summary>
public sealed class SessionRenewal
{
    private SessionRenewal(
        SessionRenewalKind kind,
        SecretHash hash,
        DateTimeOffset at,
        SecretHash? expectedCurrent,
        SecretHash? expectedPending,
        WrappedKey? key = null)
    {
        if (hash.IsDefault)
        {
            throw new ArgumentException("The hash is default(SecretHash). A renewal needs the hash of a session id.", nameof(hash));
        }

        Kind = kind;
        Hash = hash;
        At = Instant.Cut(at);
        ExpectedCurrent = expectedCurrent;
        ExpectedPending = expectedPending;
        Key = key;
    }

    /// <summary>The step.</summary>
    public SessionRenewalKind Kind { get; }

    /// <summary>The hash of the id that becomes pending (<see cref="SessionRenewalKind.Propose"/>) or current (the other two).</summary>
    public SecretHash Hash { get; }

    /// <summary>When the step was decided, in whole milliseconds.</summary>
    public DateTimeOffset At { get; }

    /// <summary>The hash that the record's current rotor must have; null for a promotion, which only compares the pending one.</summary>
    public SecretHash? ExpectedCurrent { get; }

    /// <summary>The hash that the record's pending rotor must have; null if the record must have no pending rotor.</summary>
    public SecretHash? ExpectedPending { get; }

    /// <summary>The session's data key, wrapped for the new id; null if the session has none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public WrappedKey? Key { get; }

    /// <summary>Makes the step in which a new rotor becomes pending.</summary>
    /// <param name="pending">The hash of the new id.</param>
    /// <param name="at">The current time.</param>
    /// <param name="seen">The record that the decision is based on. Its current and pending rotors become the expected ones.</param>
    /// <param name="key">The data key, wrapped for the new id; required if the session has one.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentException">The hash is <c>default</c>.</exception>
    public static SessionRenewal Propose(SecretHash pending, DateTimeOffset at, SessionRecord seen, WrappedKey? key = null)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return new(SessionRenewalKind.Propose, pending, at, seen.CurrentHash, seen.PendingHash, key);
    }

    /// <summary>Makes the step in which the pending rotor has arrived in a request and becomes current.</summary>
    /// <param name="pending">The hash of the id that arrived.</param>
    /// <param name="at">The current time.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentException">The hash is <c>default</c>.</exception>
    public static SessionRenewal Promote(SecretHash pending, DateTimeOffset at) =>
        new(SessionRenewalKind.Promote, pending, at, null, pending);

    /// <summary>Makes the step in which a new rotor becomes current at once.</summary>
    /// <param name="current">The hash of the new id.</param>
    /// <param name="at">The current time.</param>
    /// <param name="seen">The record that the decision is based on. Its current and pending rotors become the expected ones.</param>
    /// <param name="key">The data key, wrapped for the new id; required if the session has one.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentException">The hash is <c>default</c>.</exception>
    public static SessionRenewal Replace(SecretHash current, DateTimeOffset at, SessionRecord seen, WrappedKey? key = null)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return new(SessionRenewalKind.Replace, current, at, seen.CurrentHash, seen.PendingHash, key);
    }

    /// <summary>Whether the record's rotors are the expected ones.</summary>
    internal bool Holds(SessionRecord record) =>
        (ExpectedCurrent is null || ExpectedCurrent == record.CurrentHash) && ExpectedPending == record.PendingHash;
}
