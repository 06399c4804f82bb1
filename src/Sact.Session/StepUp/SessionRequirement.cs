using System.Globalization;
using Microsoft.AspNetCore.Authorization;

namespace Sact.Session;

/// <summary>What an endpoint or a policy asks of a session beyond somebody being signed in: a recent proof of who it is, a level, or both.</summary>
internal sealed class SessionRequirement : IAuthorizationRequirement
{
    private SessionRequirement(TimeSpan? within, int? level, string? name)
    {
        Within = within;
        Level = level;
        Name = name;
    }

    /// <summary>How long ago the user may have proved who they are.</summary>
    public TimeSpan? Within { get; }

    /// <summary>The least assurance level.</summary>
    public int? Level { get; }

    /// <summary>The registration's name; null for the unnamed one.</summary>
    public string? Name { get; }

    public static SessionRequirement Fresh(TimeSpan within, string? name) => within < TimeSpan.FromSeconds(1) || within > SessionLifetimes.Maximum
        ? throw new ArgumentOutOfRangeException(nameof(within), within, "How fresh a session is asked to be lies between 1 second and 400 days. Minutes are usual: RequireFreshSession(TimeSpan.FromMinutes(5)).")
        : new SessionRequirement(within, null, name);

    public static SessionRequirement AtLevel(int assuranceLevel, string? name) => assuranceLevel is < 1 or > 255
        ? throw new ArgumentOutOfRangeException(nameof(assuranceLevel), assuranceLevel, "An assurance level that is asked for lies between 1 and 255.")
        : new SessionRequirement(null, assuranceLevel, name);

    public bool IsMetBy(SessionData signedIn) => (Within is not { } within || signedIn.IsFresh(within)) && (Level is not { } level || signedIn.AssuranceLevel >= level);

    /// <summary>The challenge's parameters, in the spirit of RFC 9470: <c>max_age</c> in whole seconds, <c>acr_values</c> for the level.</summary>
    public string Parameters()
    {
        string age = Within is { } within ? $", max_age=\"{MaxAge(within)}\"" : "";
        return Level is { } level ? age + string.Create(CultureInfo.InvariantCulture, $", acr_values=\"{level}\"") : age;
    }

    /// <summary>One demand that asks for all that several ask for.</summary>
    public static SessionRequirement Of(IEnumerable<SessionRequirement> demands)
    {
        var all = demands.ToList();
        return new SessionRequirement(all.Min(demand => demand.Within), all.Max(demand => demand.Level), all[0].Name);
    }

    public static long MaxAge(TimeSpan within) => (long)within.TotalSeconds;

    public override string ToString() => $"{nameof(SessionRequirement)}: a session{Parameters()}";
}
