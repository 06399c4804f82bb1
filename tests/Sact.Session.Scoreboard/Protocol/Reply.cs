using System.Net.Http.Headers;

namespace Sact.Session.Scoreboard;

/// <summary>The answer to one request.</summary>
internal sealed record Reply(int Status, string Body, HttpHeaders Headers)
{
    /// <summary>The user that the answer of <c>/me</c> names; null for nobody.</summary>
    public string? User => Status == 200 ? Body : null;

    public IReadOnlyList<SetCookie> SetCookies =>
        Headers.TryGetValues("Set-Cookie", out var lines) ? [.. lines.Select(SetCookie.Parse)] : [];

    /// <summary>A header's values in one string; empty if it was not sent.</summary>
    public string Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
}
