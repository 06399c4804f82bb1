using System.Diagnostics.CodeAnalysis;

namespace Sact.Session.Stores;

public sealed partial class SessionRecord
{
    [SetsRequiredMembers]
    private SessionRecord(SessionRecord from)
    {
        _rotation = from._rotation;
        _createdAt = from._createdAt;
        _lastSeenAt = from._lastSeenAt;
        _authenticatedAt = from._authenticatedAt;
        _state = from._state;
        _level = from._level;
        _flags = from._flags;
        Key = from.Key;
        UserId = from.UserId;
        LineageHash = from.LineageHash;
        CurrentHash = from.CurrentHash;
        Fields = from.Fields;
        Lifetimes = from.Lifetimes;
        Format = from.Format;
    }

    /// <summary>Creates a record; its required properties are set in the initialiser.</summary>
    public SessionRecord()
    {
    }

    /// <summary>
    /// The record after a change: the one merge that every store's <see cref="IGenericStore.UpdateAsync"/> must come to. It touches nothing; a store calls it inside its own
    /// transaction and keeps the record it returns.
    /// </summary>
    /// <param name="change">The change.</param>
    /// <param name="now">Now, by the application's clock.</param>
    /// <returns>
    /// <see cref="SessionUpdate.Gone"/> if this record is not live; a conflict with this record if a condition does not hold, or if a level would be lowered;
    /// <see cref="SessionUpdate.TooLarge"/>; or the new record.
    /// </returns>
    /// <exception cref="ArgumentException">A raised level comes without a renewal of the kind <see cref="SessionRenewalKind.Replace"/>.</exception>
    public SessionUpdate Apply(SessionChange change, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.Raise is not null && change.Renewal is not { Kind: SessionRenewalKind.Replace })
        {
            throw new ArgumentException("A raised level comes with a new id at once: add a renewal of the kind Replace.", nameof(change));
        }

        if (!IsLive(now))
        {
            return SessionUpdate.Gone;
        }

        if ((change.Generation is { } generation && generation != Generation) || change.Condition?.Holds(Fields) == false || change.Renewal?.Holds(this) == false || change.Raise?.Level < AssuranceLevel)
        {
            return SessionUpdate.Conflict(this);
        }

        var fields = Fields;
        if (change.ChangesFields)
        {
            fields = Fields.Merge(change.Set, change.Remove);
            if (change.MaxBytes is { } max && fields.SizeInBytes > max && fields.SizeInBytes > Fields.SizeInBytes)
            {
                return SessionUpdate.TooLarge;
            }
        }

        return SessionUpdate.Applied(Touched(change.Touch).Renewed(change.Renewal).Raised(change.Raise).With(fields));
    }

    private SessionRecord With(SessionFields fields) => ReferenceEquals(fields, Fields) ? this : new(this) { Fields = fields };

    private SessionRecord Touched(SessionTouch? touch)
    {
        if (touch is null)
        {
            return this;
        }

        var seenAt = touch.SeenAt > LastSeenAt ? touch.SeenAt : LastSeenAt;
        return new(this)
        {
            Presented = true,
            LastSeenAt = seenAt < AbsoluteDeadline ? seenAt : AbsoluteDeadline,
            LastSeenClient = touch.Client ?? LastSeenClient,
        };
    }

    private SessionRecord Renewed(SessionRenewal? renewal)
    {
        if (renewal is null)
        {
            return this;
        }

        // A renewal decided by a clock that is behind does not shorten the grace that another node's promotion began.
        var at = LastPromotedAt is { } last && last > renewal.At ? last : renewal.At;
        return renewal.Kind switch
        {
            SessionRenewalKind.Propose => new(this) { PendingHash = renewal.Hash, PendingSince = renewal.At },
            SessionRenewalKind.Promote => new(this)
            {
                PreviousHash = CurrentHash,
                CurrentHash = renewal.Hash,
                PendingHash = null,
                PendingSince = null,
                LastPromotedAt = at,
            },
            SessionRenewalKind.Replace => new(this)
            {
                PreviousHash = null,
                CurrentHash = renewal.Hash,
                PendingHash = null,
                PendingSince = null,
                LastPromotedAt = at,
                Generation = Generation + 1,
            },
            _ => this,
        };
    }

    private SessionRecord Raised(SessionRaise? raise) => raise is null
        ? this
        : new(this)
        {
            AssuranceLevel = raise.Level,
            AuthenticatedAt = raise.AuthenticatedAt > AuthenticatedAt ? raise.AuthenticatedAt : AuthenticatedAt ?? raise.AuthenticatedAt,
            State = raise.SignsIn && State == SessionState.Pending ? SessionState.SignedIn : State,
            Lifetimes = raise.Lifetimes ?? Lifetimes,
            IsPersistent = raise.IsPersistent ?? IsPersistent,
        };
}
