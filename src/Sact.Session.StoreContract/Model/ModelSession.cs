using System.Text;

namespace Sact.Session.StoreContract;

/// <summary>
/// A session as the model keeps it: plain and changed in place. Its rules are written separately, so that an error in
/// <see cref="SessionRecord"/> is found too.
/// </summary>
internal sealed class ModelSession
{
    private TimeSpan _idle;
    private TimeSpan _firstUse;
    private TimeSpan _absolute;

    public required SessionKey Key { get; init; }

    public required string? User { get; init; }

    public required SecretHash Lineage { get; init; }

    public required DateTimeOffset Created { get; init; }

    public SessionState State { get; private set; }

    public int Level { get; private set; }

    public SecretHash Current { get; private set; }

    public SecretHash? Pending { get; private set; }

    public DateTimeOffset? PendingSince { get; private set; }

    public SecretHash? Previous { get; private set; }

    public DateTimeOffset? Promoted { get; private set; }

    public int Generation { get; private set; }

    public bool Presented { get; private set; }

    public bool IsPersistent { get; private set; }

    public DateTimeOffset Seen { get; private set; }

    public DateTimeOffset? Authenticated { get; private set; }

    public SessionClient? Client { get; private set; }

    public Dictionary<string, string> Fields { get; private set; } = new(StringComparer.Ordinal);

    public DateTimeOffset End => Created + _absolute;

    public DateTimeOffset Deadline
    {
        get
        {
            var wait = _idle;
            if (!Presented && _firstUse < wait)
            {
                wait = _firstUse;
            }

            return Seen + wait > End ? End : Seen + wait;
        }
    }

    public static ModelSession Of(SessionRecord record) => new()
    {
        Key = record.Key,
        User = record.UserId,
        Lineage = record.LineageHash,
        Created = record.CreatedAt,
        State = record.State,
        Level = record.AssuranceLevel,
        Current = record.CurrentHash,
        Presented = record.Presented,
        IsPersistent = record.IsPersistent,
        Seen = record.LastSeenAt,
        Authenticated = record.AuthenticatedAt,
        Fields = record.Fields.ToDictionary(field => field.Key, field => Text(field.Value), StringComparer.Ordinal),
        _idle = record.Lifetimes.IdleTimeout,
        _firstUse = record.Lifetimes.FirstUseTimeout,
        _absolute = record.Lifetimes.AbsoluteTimeout,
    };

    public static int SizeOf(Dictionary<string, string> fields) =>
        fields.Sum(field => Encoding.UTF8.GetByteCount(field.Key) + Encoding.UTF8.GetByteCount(field.Value));

    /// <summary>Applies a change to this session, which is live. A refused change changes nothing.</summary>
    public SessionUpdateStatus Change(SessionChange change)
    {
        if (change.Generation is { } generation && generation != Generation)
        {
            return SessionUpdateStatus.Conflict;
        }

        if (change.Condition is { } condition)
        {
            string? stored = Fields.GetValueOrDefault(condition.Name);
            string? expected = condition.Expected is { } bytes ? Text(bytes) : null;
            if (!string.Equals(stored, expected, StringComparison.Ordinal))
            {
                return SessionUpdateStatus.Conflict;
            }
        }

        if (
            change.Renewal is { } renewal
            && (renewal.ExpectedPending != Pending || (renewal.Kind != SessionRenewalKind.Promote && renewal.ExpectedCurrent != Current)))
        {
            return SessionUpdateStatus.Conflict;
        }

        if (change.Raise is { } raise && raise.Level < Level)
        {
            return SessionUpdateStatus.Conflict;
        }

        var fields = new Dictionary<string, string>(Fields, StringComparer.Ordinal);
        foreach (string name in change.Remove)
        {
            fields.Remove(name);
        }

        foreach (var (name, value) in change.Set ?? SessionFields.Empty)
        {
            fields[name] = Text(value);
        }

        if (change.MaxBytes is { } max && SizeOf(fields) > max && SizeOf(fields) > SizeOf(Fields))
        {
            return SessionUpdateStatus.TooLarge;
        }

        Fields = fields;
        Touch(change.Touch);
        Renew(change.Renewal);
        Raise(change.Raise);
        return SessionUpdateStatus.Applied;
    }

    /// <summary>What a record that the store gave has other than this session; null if nothing.</summary>
    public string? DifferenceFrom(SessionRecord record) =>
        record.Key != Key ? "key"
        : record.UserId != User ? "user id"
        : record.State != State ? "state"
        : record.AssuranceLevel != Level ? "level"
        : record.LineageHash != Lineage ? "lineage"
        : record.CurrentHash != Current ? "current hash"
        : record.PendingHash != Pending || record.PendingSince != PendingSince ? "pending hash"
        : record.PreviousHash != Previous ? "previous hash"
        : record.LastPromotedAt != Promoted ? "last promotion"
        : record.Generation != Generation ? "generation"
        : record.Presented != Presented ? "presented"
        : record.IsPersistent != IsPersistent ? "persistent"
        : record.CreatedAt != Created ? "creation"
        : record.LastSeenAt != Seen ? "last seen"
        : record.AuthenticatedAt != Authenticated ? "authentication"
        : record.LastSeenClient != Client ? "client"
        : record.Lifetimes.IdleTimeout != _idle
        || record.Lifetimes.FirstUseTimeout != _firstUse
        || record.Lifetimes.AbsoluteTimeout != _absolute
            ? "limits"
        : record.ExpiresAt != Deadline ? "deadline"
        : record.Fields.Count != Fields.Count || record.Fields.Any(field => Fields.GetValueOrDefault(field.Key) != Text(field.Value))
            ? "fields"
        : null;

    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);

    private void Touch(SessionTouch? touch)
    {
        if (touch is null || IsRedundant(touch))
        {
            return;
        }

        Presented = true;
        Client = touch.Client ?? Client;
        Seen = touch.SeenAt > Seen ? touch.SeenAt : Seen;

        // A raise to shorter lifetimes may have moved the end before the last visit.
        Seen = Seen > End ? End : Seen;
    }

    private bool IsRedundant(SessionTouch touch)
    {
        if (!Presented || (touch.SeenAt > Seen && touch.SeenAt - touch.Interval >= Seen))
        {
            return false;
        }

        return touch.Client is null || touch.Client == Client || touch.Interval != TimeSpan.Zero;
    }

    private void Renew(SessionRenewal? renewal)
    {
        if (renewal is null)
        {
            return;
        }

        if (renewal.Kind == SessionRenewalKind.Propose)
        {
            Pending = renewal.Hash;
            PendingSince = renewal.At;
            return;
        }

        Previous = renewal.Kind == SessionRenewalKind.Promote ? Current : null;
        Current = renewal.Hash;
        Pending = null;
        PendingSince = null;
        Generation += renewal.Kind == SessionRenewalKind.Replace ? 1 : 0;
        if (Promoted is null || renewal.At > Promoted)
        {
            Promoted = renewal.At;
        }
    }

    private void Raise(SessionRaise? raise)
    {
        if (raise is null)
        {
            return;
        }

        Level = raise.Level;
        if (raise.SignsIn && State == SessionState.Pending)
        {
            State = SessionState.SignedIn;
        }

        if (Authenticated is null || raise.AuthenticatedAt > Authenticated)
        {
            Authenticated = raise.AuthenticatedAt;
        }

        IsPersistent = raise.IsPersistent ?? IsPersistent;
        if (raise.Lifetimes is { } lifetimes)
        {
            (_idle, _firstUse, _absolute) = (lifetimes.IdleTimeout, lifetimes.FirstUseTimeout, lifetimes.AbsoluteTimeout);
        }
    }
}
