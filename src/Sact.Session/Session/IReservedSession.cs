namespace Sact.Session;

/// <summary>
/// What the library's own rooms (authentication, <c>HttpContext.Session</c>) may do with the session of a request and an application may not: keep fields whose names begin with <c>$</c>, and change a
/// session in whatever state. Every <see cref="Session{TStore}"/> is one.
/// </summary>
internal interface IReservedSession
{
    SessionSettings Settings { get; }

    /// <summary>Lets the next caller in; only for the one who has the turn.</summary>
    void GiveTurn();

    /// <summary>The live, verified record of the request in any state, reserved fields included; null if there is none.</summary>
    ValueTask<SessionRecord?> ReadAsync(bool reload, CancellationToken cancellationToken);

    /// <summary>Signs in like <c>SetAsync</c>, with fields that may be reserved.</summary>
    ValueTask SignInAsync(string userId, SessionFields fields, SessionSignInOptions? options, CancellationToken cancellationToken);

    /// <summary>Which of the sessions that this request has had is the present one: changes whenever one begins or ends.</summary>
    /// <exception cref="InvalidOperationException">The request has ended.</exception>
    int Epoch { get; }

    /// <summary>The epoch, without a session or with an anonymous one, that went over into the present session, and whether by signing in; null if none did.</summary>
    (int Epoch, bool BySigningIn)? Precursor { get; }

    /// <summary>Whether the session, when it was last looked at, lived on under a newer id than this request's: then none begins in its place.</summary>
    bool IsOutpaced { get; }

    /// <summary>The key that an anonymous session begun in this request will have. Never one that the client chose.</summary>
    SessionKey KeyToBe { get; }

    /// <summary>Begins an anonymous session like <c>StartAsync</c>, with fields that may be reserved; false, too, if the epoch given is over or the request is outpaced.</summary>
    ValueTask<bool> StartAsync(SessionFields fields, CancellationToken cancellationToken, int? epoch = null);

    /// <summary>
    /// Changes fields of the live session in any state; <see cref="SessionUpdateStatus.Gone"/> if there is none, or if the epoch given is over. Never creates. The client's disconnect does not stop it.
    /// </summary>
    ValueTask<SessionUpdateStatus> ChangeAsync(
        SessionFields? set, IReadOnlyList<string> remove, SessionFieldCondition? condition, CancellationToken cancellationToken, int? epoch = null);
}
