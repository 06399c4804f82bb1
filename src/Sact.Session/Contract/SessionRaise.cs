namespace Sact.Session.Stores;

/// <summary>
/// Raises a session's assurance level after a further factor (ASVS 5.0 V7.5.3: re-authentication before a sensitive operation).
/// </summary>
/// <param name="level">The new level, 0 to 255. A change whose level is below the record's is a conflict.</param>
/// <param name="authenticatedAt">When the factor was shown. It is cut to whole milliseconds.</param>
/// <param name="signsIn">Whether a pending session becomes signed in.</param>
/// <param name="lifetimes">New time limits, for a pending session that is short-lived until it is signed in; null keeps its own.</param>
/// <param name="isPersistent">Whether the cookie outlives the browser from now on; null keeps the setting.</param>
public sealed class SessionRaise(
    int level, DateTimeOffset authenticatedAt, bool signsIn = false, SessionLifetimes? lifetimes = null, bool? isPersistent = null)
{
    /// <summary>The new level, 0 to 255.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The level is below 0 or above 255.</exception>
    public int Level { get; } = level is >= 0 and <= 255
        ? level
        : throw new ArgumentOutOfRangeException(nameof(level), level, "An assurance level must be between 0 and 255.");

    /// <summary>When the factor was shown, in whole milliseconds.</summary>
    public DateTimeOffset AuthenticatedAt { get; } = Instant.Cut(authenticatedAt);

    /// <summary>Whether a pending session becomes signed in.</summary>
    public bool SignsIn { get; } = signsIn;

    /// <summary>New time limits; null keeps the record's own. The absolute one still counts from the session's creation.</summary>
    public SessionLifetimes? Lifetimes { get; } = lifetimes;

    /// <summary>Whether the cookie outlives the browser from now on; null keeps the setting.</summary>
    public bool? IsPersistent { get; } = isPersistent;
}
