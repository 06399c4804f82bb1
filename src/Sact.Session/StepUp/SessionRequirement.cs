using System.Globalization;
using Microsoft.AspNetCore.Authorization;

namespace Sact.Session;

/// <summary>
/// What an endpoint or a policy requires of a signed-in session: a recent proof of identity, an assurance level, or both.
/// </summary>
internal sealed class SessionRequirement : IAuthorizationRequirement
{
    private SessionRequirement(TimeSpan? within, int? level, string? name, IEnumerable<string> schemes)
    {
        Schemes = schemes;
        Within = within;
        Level = level;
        Name = name;
    }

    /// <summary>The maximum age of the user's last proof of identity.</summary>
    public TimeSpan? Within { get; }

    /// <summary>The minimum assurance level.</summary>
    public int? Level { get; }

    /// <summary>The name of the registration; null for that of the user's authentication scheme.</summary>
    public string? Name { get; }

    /// <summary>The authentication schemes of the policy that has the requirement. The application may still add some.</summary>
    public IEnumerable<string> Schemes { get; }

    public static SessionRequirement Fresh(TimeSpan within, string? name, IEnumerable<string> schemes) =>
        within >= TimeSpan.FromSeconds(1) && within <= SessionLifetimes.Maximum
            ? new SessionRequirement(within, null, name, schemes)
            : throw new ArgumentOutOfRangeException(
                nameof(within),
                within,
                "The maximum age of a fresh session must be between 1 second and 400 days. "
                + "A few minutes are usual: RequireFreshSession(TimeSpan.FromMinutes(5)).");

    public static SessionRequirement AtLevel(int assuranceLevel, string? name, IEnumerable<string> schemes) =>
        assuranceLevel is >= 1 and <= 255
        ? new SessionRequirement(null, assuranceLevel, name, schemes)
        : throw new ArgumentOutOfRangeException(
            nameof(assuranceLevel), assuranceLevel, "A required assurance level must be between 1 and 255.");

    /// <summary>One requirement that includes all of the given ones.</summary>
    public static SessionRequirement Of(IReadOnlyList<SessionRequirement> requirements) =>
        new(requirements.Min(static each => each.Within), requirements.Max(static each => each.Level), null, []);

    /// <summary>A span in the unit of <c>max_age</c>: whole seconds.</summary>
    public static long MaxAge(TimeSpan within) => (long)within.TotalSeconds;

    /// <summary>Whether somebody is signed in, and all sessions of the user meet the requirement.</summary>
    public bool IsMetBy(SignedInSessions sessions) => !sessions.IsEmpty && sessions.All.All(session => IsMetBy(session.Data));

    private bool IsMetBy(SessionData signedIn) =>
        (Within is not { } within || signedIn.IsFresh(within)) && (Level is not { } level || signedIn.AssuranceLevel >= level);

    /// <summary>
    /// The parameters of the challenge, after RFC 9470: <c>max_age</c> in whole seconds, <c>acr_values</c> for the level.
    /// </summary>
    public string Parameters()
    {
        string age = Within is { } within ? $", max_age=\"{MaxAge(within)}\"" : "";
        return Level is { } level ? age + string.Create(CultureInfo.InvariantCulture, $", acr_values=\"{level}\"") : age;
    }

    public override string ToString() => $"{nameof(SessionRequirement)}: a session{Parameters()}";
}
