namespace Sact.Session;

/// <summary>
/// What one sign-in has for itself: "remember me", a shorter life on a shared machine, how well the user is known. Nothing of it goes beyond <see cref="SactSessionOptions"/>; what would is refused with the mend.
/// </summary>
public sealed class SessionSignInOptions
{
    /// <summary>
    /// Whether this session's cookie outlives the browser, its Max-Age being the remaining absolute time. Null (default): <see cref="SactSessionOptions.IsPersistent"/>. Set it from the user's own "remember me", never by
    /// yourself on a shared machine (OWASP Session Management).
    /// </summary>
    public bool? IsPersistent { get; init; }

    /// <summary>
    /// How long this session lives after it was last seen. Null (default): <see cref="SactSessionOptions.IdleTimeout"/>, or <see cref="AbsoluteTimeout"/> where that is shorter. At least 1 second, at most
    /// <see cref="SactSessionOptions.IdleTimeout"/>.
    /// </summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>
    /// How long this session lives at all, counted from its creation. Null (default): <see cref="SactSessionOptions.AbsoluteTimeout"/>. At least 1 second and the idle timeout, at most
    /// <see cref="SactSessionOptions.AbsoluteTimeout"/>.
    /// </summary>
    public TimeSpan? AbsoluteTimeout { get; init; }

    /// <summary>How well the user is known, 0 to 255, by the application's own scale or NIST SP 800-63B's. Null (default): 1. A later factor raises it: <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/>.</summary>
    public int? AssuranceLevel { get; init; }
}
