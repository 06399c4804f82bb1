namespace Sact.Session.Stores.Tests.Interleavings;

internal enum CallKind
{
    Read,
    Create,
    Update,
    End,
    EndUser,
    List,
    CleanUp,
}

/// <summary>One call of the store, with the steps in which it began and was answered.</summary>
internal sealed class StoreCall(CallKind kind, Actor? actor, KnownCookie? cookie)
{
    public CallKind Kind => kind;

    public Actor? Actor => actor;

    /// <summary>The cookie of the request that makes the call.</summary>
    public KnownCookie? Cookie => cookie;

    /// <summary>The session of the call; null for a call about a user or about all.</summary>
    public SessionKey? Key { get; init; }

    public string? UserId { get; init; }

    public SessionKey? Except { get; init; }

    public SessionEndReason Reason { get; init; }

    public SessionChange? Change { get; init; }

    public int Began { get; set; }

    /// <summary>The step of the answer; <see cref="int.MaxValue"/> if there was none.</summary>
    public int Ended { get; set; } = int.MaxValue;

    public bool IsAnswered => Ended != int.MaxValue;

    /// <summary>The record in the answer.</summary>
    public SessionRecord? Record { get; set; }

    /// <summary>Whether a change was applied.</summary>
    public bool IsApplied { get; set; }

    public bool IsReplacement => IsApplied && Change?.Renewal?.Kind == SessionRenewalKind.Replace;

    public override string ToString() =>
        $"{Began}-{(IsAnswered ? Ended : "?")} {(actor is null ? "-" : actor.Number)} {kind} {Key?.KeyPart[..6]}{UserId}"
        + $"{(Change?.Renewal is { } renewal ? " " + renewal.Kind : "")}{(kind == CallKind.Update && !IsApplied ? " refused" : "")}"
        + $"{(kind == CallKind.Read && Record is null ? " absent" : "")}";
}
