using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session;

/// <summary>
/// Which request refreshes the tokens of a session: the one that has written this field, until a time. After a failure the field keeps
/// everybody from the provider for a while.
/// </summary>
/// <remarks>
/// No two values are the same, and the field is never removed. A request that read the session before a refresh would otherwise find the
/// field as it was, and use the old refresh token once more.
/// </remarks>
internal sealed class RefreshClaim
{
    public const string Name = "$refreshing";

    /// <summary>How long a claim counts: longer than a request to the provider may take.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    /// <summary>How long nobody tries again after a failure.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly ReadOnlyMemory<byte> _json;

    private RefreshClaim(DateTimeOffset until, bool hasFailed, ReadOnlyMemory<byte> json)
    {
        Until = until;
        HasFailed = hasFailed;
        _json = json;
    }

    /// <summary>When the claim is over.</summary>
    public DateTimeOffset Until { get; }

    /// <summary>Whether the last try has failed.</summary>
    public bool HasFailed { get; }

    /// <summary>Makes a claim that differs from every other one.</summary>
    public static RefreshClaim New(DateTimeOffset until, bool hasFailed = false)
    {
        long milliseconds = until.ToUnixTimeMilliseconds() * (hasFailed ? -1 : 1);
        string json = string.Create(CultureInfo.InvariantCulture, $"\"{milliseconds}:{RandomNumberGenerator.GetHexString(16)}\"");
        return new RefreshClaim(until, hasFailed, Encoding.ASCII.GetBytes(json));
    }

    /// <summary>The claim in a session; null if there is none.</summary>
    public static RefreshClaim? Of(SessionRecord session)
    {
        if (!session.Fields.TryGetValue(Name, out var json) || json.Span.IndexOf((byte)':') is not (> 1 and var colon))
        {
            return null;
        }

        return long.TryParse(json.Span[1..colon], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long milliseconds)
            && milliseconds is > -SchemeExpiry.MaxMilliseconds and < SchemeExpiry.MaxMilliseconds
                ? new RefreshClaim(DateTimeOffset.FromUnixTimeMilliseconds(Math.Abs(milliseconds)), milliseconds < 0, json)
                : null;
    }

    /// <summary>The condition that nobody has written a claim since the session was read.</summary>
    public static SessionFieldCondition Unchanged(SessionRecord session) =>
        new(Name, session.Fields.TryGetValue(Name, out var json) ? json : default(ReadOnlyMemory<byte>?));

    /// <summary>The condition that this claim is still the last one.</summary>
    public SessionFieldCondition Holds() => new(Name, _json);

    public SessionFields Field() => SessionFields.Create([new(Name, _json)]);
}
