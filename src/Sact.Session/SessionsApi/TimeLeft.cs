using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>How long a session lives from now on, in whole seconds. It ends at the earliest of its timeouts.</summary>
internal sealed record TimeLeft(
    [property: JsonPropertyName("expiresInSeconds")] long Expires,
    [property: JsonPropertyName("idleSeconds")] long Idle,
    [property: JsonPropertyName("absoluteSeconds")] long Absolute)
{
    public static TimeLeft Of(SessionRecord session, DateTimeOffset now) => new(
        Seconds(SchemeExpiry.EndOf(session) - now),
        Seconds(session.LastSeenAt + session.Lifetimes.IdleTimeout - now),
        Seconds(session.AbsoluteDeadline - now));

    private static long Seconds(TimeSpan left) => Math.Max(0, (long)left.TotalSeconds);
}
