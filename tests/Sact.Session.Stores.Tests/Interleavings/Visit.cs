namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>A session that the scene knows, under the key that it keeps for life.</summary>
internal sealed class KnownSession(SessionKey key, string? userId, string tag)
{
    public SessionKey Key => key;

    /// <summary>The user; null for an anonymous session.</summary>
    public string? UserId => userId;

    /// <summary>What its field <c>who</c> has.</summary>
    public string Tag => tag;

    /// <summary>The step of the request that began it, and the step of that request's answer.</summary>
    public int Began { get; init; }

    public int Acknowledged { get; init; }

    /// <summary>Whether its cookie never came back, so that it has expired long ago.</summary>
    public bool HasExpired { get; init; }

    public List<KnownCookie> Cookies { get; } = [];
}

/// <summary>An id that a response sent.</summary>
/// <param name="Id">The session id.</param>
/// <param name="Session">Its session.</param>
/// <param name="Sent">The step of the response.</param>
/// <param name="Sender">The actor that received it; null before the interleaving.</param>
/// <param name="IsLost">Whether the response was lost: no client ever had the id.</param>
internal sealed record KnownCookie(string Id, KnownSession Session, int Sent, Actor? Sender, bool IsLost)
{
    public override string ToString() => $"{Session.Tag}/{Session.Cookies.IndexOf(this)}";
}

/// <summary>One request, and what it was answered.</summary>
internal sealed class Visit(Verb verb, Actor? actor, KnownCookie? cookie)
{
    public Verb Verb => verb;

    public Actor? Actor => actor;

    public KnownCookie? Cookie => cookie;

    public int Began { get; init; }

    /// <summary>The step of the answer; <see cref="int.MaxValue"/> while there is none.</summary>
    public int Ended { get; set; } = int.MaxValue;

    public Exception? Fault { get; set; }

    /// <summary>The fields that a read returned; null if it found no session.</summary>
    public IReadOnlyDictionary<string, string>? Data { get; set; }

    public SessionState State { get; set; }

    public string? UserId { get; set; }

    /// <summary>What a method that answers true or false answered.</summary>
    public bool? Answer { get; set; }

    /// <summary>The value that an update or a compare-and-swap wrote.</summary>
    public int Value { get; set; }

    /// <summary>The field that an update wrote.</summary>
    public string Field { get; set; } = "";

    /// <summary>The cookie that the response sent.</summary>
    public KnownCookie? Sent { get; set; }

    public bool IsAnswered => Ended != int.MaxValue && Fault is null;

    /// <summary>Whether the answer shows that the presented id was accepted.</summary>
    public bool ShowsAcceptance => Data is not null || (Answer == true && Verb != Verb.BeginAnonymous);

    public override string ToString() =>
        $"{Began}-{(Ended == int.MaxValue ? "?" : Ended)} {(Actor is null ? "-" : Actor.Number)} {Verb} {Cookie}"
        + $"{(Answer is { } answer ? $" {answer}" : "")}{(Data is null ? "" : $" {UserId ?? "nobody"}")}"
        + $"{(Sent is null ? "" : $" sent {Sent}{(Sent.IsLost ? " (lost)" : "")}")}{(Fault is null ? "" : " " + Fault.GetType().Name)}";
}
