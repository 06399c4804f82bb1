using System.Globalization;
using System.Text;

namespace Sact.Session;

/// <summary>
/// Which request refreshes the tokens of a session: the one that has written this field, until a time. After a failure the field keeps
/// everybody from the provider for a while.
/// </summary>
/// <param name="Until">When the claim is over.</param>
/// <param name="HasFailed">Whether the last try has failed.</param>
internal readonly record struct RefreshClaim(DateTimeOffset Until, bool HasFailed)
{
    public const string Name = "$refreshing";

    /// <summary>How long a claim counts: longer than a request to the provider may take.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    /// <summary>How long nobody tries again after a failure.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>The claim in a session; null if there is none.</summary>
    public static RefreshClaim? Of(SessionRecord session) =>
        session.Fields.TryGetValue(Name, out var json)
        && long.TryParse(json.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long milliseconds)
        && Math.Abs(milliseconds) < PrincipalFields.MaxMilliseconds
            ? new RefreshClaim(DateTimeOffset.FromUnixTimeMilliseconds(Math.Abs(milliseconds)), milliseconds < 0)
            : null;

    /// <summary>The condition that nobody has written a claim since the session was read.</summary>
    public static SessionFieldCondition Unchanged(SessionRecord session) =>
        new(Name, session.Fields.TryGetValue(Name, out var json) ? json : default(ReadOnlyMemory<byte>?));

    public SessionFields Field()
    {
        long milliseconds = Until.ToUnixTimeMilliseconds() * (HasFailed ? -1 : 1);
        return SessionFields.Create(
            [new(Name, Encoding.ASCII.GetBytes(milliseconds.ToString(CultureInfo.InvariantCulture)))]);
    }
}
