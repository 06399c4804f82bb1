using System.Net;

namespace Sact.Session;

/// <summary>
/// What an administrator looks for. Every condition that is set must be met; without any, all live sessions are found.
/// </summary>
/// <example>
/// <code>
/// var page = await administration.FindAsync(new SessionQuery { Address = "203.0.113.7", PageSize = 20 });
/// </code>
/// </example>
public sealed record SessionQuery
{
    /// <summary>The most sessions of one page: 500.</summary>
    public const int MaxPageSize = 500;

    /// <summary>The longest <see cref="Address"/> and <see cref="UserAgent"/>: 512 characters.</summary>
    public const int MaxLength = 512;

    /// <summary>The user, signed in or pending; default any. This is fast with every store.</summary>
    public string? UserId { get; init; }

    /// <summary>The state; default any.</summary>
    public SessionState? State { get; init; }

    /// <summary>
    /// The IP address at the sign-in or when the session was last seen; default any. It finds only what
    /// <c>SactSessionOptions.CaptureClient</c> has kept.
    /// </summary>
    public string? Address { get; init; }

    /// <summary>
    /// A part of the User-Agent at the sign-in or when the session was last seen, whatever the case; default any. It finds only what
    /// <c>SactSessionOptions.CaptureClient</c> has kept.
    /// </summary>
    public string? UserAgent { get; init; }

    /// <summary>The session began at this time or later; default any.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>The session began before this time; default any.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>The session was last seen at this time or later; default any.</summary>
    public DateTimeOffset? LastSeenFrom { get; init; }

    /// <summary>The session was last seen before this time; default any.</summary>
    public DateTimeOffset? LastSeenBefore { get; init; }

    /// <summary>The most sessions of a page, 1 to <see cref="MaxPageSize"/>; default 50.</summary>
    public int PageSize { get; init; } = 50;

    /// <summary>
    /// The <see cref="Stores.SessionPage.Next"/> of the page before; null for the first page. The other conditions must be the same.
    /// </summary>
    public string? After { get; init; }

    /// <summary>Whether no condition is set, so that every live session is found.</summary>
    public bool IsEmpty => (this with { PageSize = 50, After = null }) == new SessionQuery();

    /// <summary>Checks the query.</summary>
    /// <param name="query">The query.</param>
    /// <returns>The rule that it breaks, as whole sentences that repeat no value; null if it breaks none.</returns>
    public static string? Validate(SessionQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return query.UserId is { } userId && UserIdRule.Validate(userId) is { } broken ? broken
            : query.State is { } state && state is not (SessionState.Anonymous or SessionState.Pending or SessionState.SignedIn)
                ? "SessionQuery.State is no state of a session. Use Anonymous, Pending or SignedIn, or leave it null."
            : !IsUsable(query.Address) || !IsUsable(query.UserAgent)
                ? $"SessionQuery.Address and UserAgent must have 1 to {MaxLength} characters of well-formed Unicode. "
                    + "Shorten the value, or leave it null."
            : query.PageSize is < 1 or > MaxPageSize
                ? $"SessionQuery.PageSize must be from 1 to {MaxPageSize}. Read the rest with the cursor of each page."
            : query.CreatedFrom >= query.CreatedBefore || query.LastSeenFrom >= query.LastSeenBefore
                ? "The range of times in the SessionQuery is empty: it ends before it begins. Exchange its two limits."
            : null;
    }

    /// <summary>Tells whether a session meets every condition. It does not look at <see cref="After"/>.</summary>
    /// <param name="session">The session, live or not.</param>
    /// <returns>True if it does; false for a note.</returns>
    public bool Matches(SessionRecord session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.State != SessionState.Note
            && (State is null || session.State == State)
            && (UserId is null || string.Equals(session.UserId, UserId, StringComparison.Ordinal))
            && !(session.CreatedAt < CreatedFrom)
            && !(session.CreatedAt >= CreatedBefore)
            && !(session.LastSeenAt < LastSeenFrom)
            && !(session.LastSeenAt >= LastSeenBefore)
            && ((Address ?? UserAgent) is null || Matches(session.SignInClient) || Matches(session.LastSeenClient));
    }

    /// <summary>An address as it is kept: an IPv6 address has several spellings, and an IPv4 address one inside of IPv6.</summary>
    private static string Canonical(string address) => !address.Contains(':') || !IPAddress.TryParse(address, out var parsed) ? address
        : (parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed).ToString();

    private static bool IsUsable(string? value) => value is null or { Length: > 0 and <= MaxLength } && UnicodeRule.IsWellFormed(value);

    // Both at once: the address of one device and the browser of another are no device that the administrator looks for.
    private bool Matches(SessionClient? client) => client is not null
        && (Address is null || string.Equals(client.RemoteAddress, Canonical(Address), StringComparison.OrdinalIgnoreCase))
        && (UserAgent is null || client.UserAgent?.Contains(UserAgent, StringComparison.OrdinalIgnoreCase) == true);
}
