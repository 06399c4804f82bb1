namespace Sact.Session.Stores;

/// <summary>
/// A change to a record: what <see cref="IGenericStore.UpdateAsync"/> applies, all of it or nothing. Immutable. Every part is optional; a
/// change without parts is applied and changes nothing.
/// </summary>
/// <remarks>
/// A store that rewrites a whole record applies it with <see cref="SessionRecord.Apply"/>. Any other store must come to the same result.
/// </remarks>
public sealed class SessionChange
{
    /// <summary>Fields to add or replace; null for none. A name that is also in <see cref="Remove"/> is set.</summary>
    public SessionFields? Set { get; init; }

    /// <summary>The names of fields to remove; default none. The name of an absent field has no effect.</summary>
    public IReadOnlyList<string> Remove { get; init; } = [];

    /// <summary>Notes that the session was seen; null if it was not.</summary>
    public SessionTouch? Touch { get; init; }

    /// <summary>A step of renewal, on condition that the rotors are those that the decision was based on; null for none.</summary>
    public SessionRenewal? Renewal { get; init; }

    /// <summary>
    /// Raises the assurance level; null for no change. It requires a renewal of the kind <see cref="SessionRenewalKind.Replace"/>.
    /// </summary>
    public SessionRaise? Raise { get; init; }

    /// <summary>The value that one field must have; otherwise the result is a conflict. Null for no condition.</summary>
    public SessionFieldCondition? Condition { get; init; }

    /// <summary>
    /// The <see cref="SessionRecord.Generation"/> that the record must have; otherwise the result is a conflict. Null for no condition.
    /// With it, a request whose verified id was replaced meanwhile writes nothing more.
    /// </summary>
    public int? Generation { get; init; }

    /// <summary>
    /// The greatest sum of all names and values after the change, in bytes; null for no limit. A change that does not make the fields
    /// larger is never refused, so that a record over a lowered limit can be made smaller.
    /// </summary>
    public int? MaxBytes { get; init; }

    /// <summary>Whether the change sets or removes fields.</summary>
    public bool ChangesFields => Set is { Count: > 0 } || Remove.Count > 0;

    /// <summary>
    /// Refuses a change that raises the level but leaves the old id valid (ASVS 5.0 V7.2.4: a new token after authentication).
    /// </summary>
    internal static void ThrowIfBroken(SessionChange change, string parameter)
    {
        ArgumentNullException.ThrowIfNull(change, parameter);
        if (change.Raise is not null && change.Renewal is not { Kind: SessionRenewalKind.Replace })
        {
            throw new ArgumentException(
                "The change raises the assurance level and does not replace the session id. A raised level needs a new id at once: add a "
                + "renewal of the kind Replace.",
                parameter);
        }
    }
}
