namespace Sact.Session;

/// <summary>
/// What the library's own rooms (authentication, <c>HttpContext.Session</c>) may do with the session of a request and an application may not: keep fields whose names begin with <c>$</c>, and change a
/// session in whatever state. Every <see cref="Session{TStore}"/> is one.
/// </summary>
internal interface IReservedSession
{
    SessionSettings Settings { get; }

    /// <summary>The live, verified record of the request in any state, reserved fields included; null if there is none.</summary>
    ValueTask<SessionRecord?> ReadAsync(bool reload, CancellationToken cancellationToken);

    /// <summary>Signs in like <c>SetAsync</c>, with fields that may be reserved.</summary>
    ValueTask SignInAsync(string userId, SessionFields fields, SessionSignInOptions? options, CancellationToken cancellationToken);

    /// <summary>Begins an anonymous session like <c>StartAsync</c>, with fields that may be reserved.</summary>
    ValueTask<bool> StartAsync(SessionFields fields, CancellationToken cancellationToken);

    /// <summary>Changes fields of the live session in any state; <see cref="SessionUpdateStatus.Gone"/> if there is none. Never creates.</summary>
    ValueTask<SessionUpdateStatus> ChangeAsync(SessionFields? set, IReadOnlyList<string> remove, SessionFieldCondition? condition, CancellationToken cancellationToken);
}
