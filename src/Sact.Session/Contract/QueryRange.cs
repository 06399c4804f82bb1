namespace Sact.Session.Stores;

/// <summary>
/// The part of a query that a store with columns compares by itself, in milliseconds since 1970. Limits between two milliseconds are
/// widened: no session outside of the range matches the query, and the query compares exactly those inside of it.
/// </summary>
/// <param name="CreatedFrom">Sessions of the range were created at this time or later.</param>
/// <param name="Start">The walk begins behind this place.</param>
/// <param name="LastSeenFrom">Sessions of the range were last seen at this time or later.</param>
/// <param name="LastSeenBefore">Sessions of the range were last seen before this time.</param>
public readonly record struct QueryRange(long CreatedFrom, QueryPosition Start, long LastSeenFrom, long LastSeenBefore)
{
    /// <summary>Gets the range of the next step of a walk.</summary>
    /// <param name="query">The query.</param>
    /// <param name="after">Where the last step ended; null to begin.</param>
    /// <returns>The range.</returns>
    /// <exception cref="ArgumentException">The bytes are no place.</exception>
    public static QueryRange Of(SessionQuery query, byte[]? after)
    {
        ArgumentNullException.ThrowIfNull(query);
        var start = QueryPosition.Read(after);
        long before = Before(query.CreatedBefore);
        return new(
            From(query.CreatedFrom),
            start.CreatedAt < before ? start : new QueryPosition(before, ""),
            From(query.LastSeenFrom),
            Before(query.LastSeenBefore));
    }

    private static long From(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds() ?? long.MinValue;

    private static long Before(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds() + 1 ?? long.MaxValue;
}
