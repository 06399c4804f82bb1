namespace Sact.Session;

/// <summary>
/// The options of one sign-in: "remember me", a shorter lifetime on a shared computer, the assurance level.
/// No lifetime can exceed <see cref="SactSessionOptions"/>: a longer one is an <see cref="ArgumentException"/>.
/// </summary>
/// <example><code>await session.SetAsync(user.Id, new SessionSignInOptions { IsPersistent = form.RememberMe });</code></example>
public sealed class SessionSignInOptions
{
    /// <summary>
    /// Whether the cookie of this session outlives the browser. True: its Max-Age is the remaining absolute time.
    /// Null (default): <see cref="SactSessionOptions.IsPersistent"/>.
    /// </summary>
    /// <remarks>
    /// Set it only from the user's choice, "remember me" (OWASP Session Management).
    /// On a shared computer the next person would be signed in.
    /// </remarks>
    public bool? IsPersistent { get; init; }

    /// <summary>
    /// How long this session lives after its last use. Null (default): <see cref="SactSessionOptions.IdleTimeout"/>, or
    /// <see cref="AbsoluteTimeout"/> if that is shorter. Range: 1 second to <see cref="SactSessionOptions.IdleTimeout"/>.
    /// The maximum of a pending session is <see cref="SactSessionOptions.PendingTimeout"/>. The maximum of an anonymous session is
    /// <see cref="SactSessionOptions.AnonymousIdleTimeout"/>, or <see cref="SactSessionOptions.IdleTimeout"/> if that is shorter.
    /// </summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>
    /// How long this session lives in all, counted from its creation. Null (default): <see cref="SactSessionOptions.AbsoluteTimeout"/>.
    /// Range: 1 second, and at least the idle timeout, to <see cref="SactSessionOptions.AbsoluteTimeout"/>.
    /// The maximum of a pending session is <see cref="SactSessionOptions.PendingTimeout"/>.
    /// </summary>
    public TimeSpan? AbsoluteTimeout { get; init; }

    /// <summary>
    /// How well the user is known, 0 to 255: a scale of the application, or that of NIST SP 800-63B. Null (default): 1 for a sign-in.
    /// A further factor raises it: <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/>.
    /// </summary>
    public int? AssuranceLevel { get; init; }
}
