using System.Globalization;
using System.IdentityModel.Tokens.Jwt;
using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>
/// What the id token of a sign-in says of the session at the provider. It travels in the items of the properties, which a session seals.
/// </summary>
/// <param name="Scheme">The OpenID Connect scheme that signed the user in.</param>
/// <param name="ClientId">The client id of the application at the provider.</param>
/// <param name="Issuer">The issuer.</param>
/// <param name="Subject">The user at the provider.</param>
/// <param name="SessionId">The session at the provider (<c>sid</c>); null if the provider does not say.</param>
/// <param name="IssuedAt">When the id token was issued.</param>
internal sealed record ProviderSession(
    string Scheme, string ClientId, string Issuer, string Subject, string? SessionId, DateTimeOffset IssuedAt)
{
    private const string SchemeItem = ".sact.provider.scheme";
    private const string ClientItem = ".sact.provider.client";
    private const string IssuerItem = ".sact.provider.iss";
    private const string SubjectItem = ".sact.provider.sub";
    private const string SessionItem = ".sact.provider.sid";
    private const string IssuedItem = ".sact.provider.iat";

    private static readonly string[] s_items = [SchemeItem, ClientItem, IssuerItem, SubjectItem, SessionItem, IssuedItem];

    /// <summary>The names of the aliases of the session.</summary>
    public IReadOnlyList<string> Aliases => SessionId is { } sid
        ? [ProviderNames.AliasOfSession(Issuer, ClientId, sid), ProviderNames.AliasOfSubject(Issuer, ClientId, Subject)]
        : [ProviderNames.AliasOfSubject(Issuer, ClientId, Subject)];

    /// <summary>Reads an id token that the framework has validated; null if it lacks a subject.</summary>
    public static ProviderSession? Of(string scheme, string clientId, JwtSecurityToken token) =>
        token is { Issuer.Length: > 0, Subject.Length: > 0 }
            ? new ProviderSession(
                scheme,
                clientId,
                token.Issuer,
                token.Subject,
                token.Claims.FirstOrDefault(static claim => claim is { Type: "sid", Value.Length: > 0 })?.Value,
                new DateTimeOffset(DateTime.SpecifyKind(token.IssuedAt, DateTimeKind.Utc)))
            : null;

    /// <summary>Reads the properties of a sign-in or of a session; null if no provider signed it in.</summary>
    public static ProviderSession? Of(AuthenticationProperties properties)
    {
        var items = properties.Items;
        return items.TryGetValue(SchemeItem, out string? scheme) && scheme is not null
            && items.TryGetValue(ClientItem, out string? client) && client is not null
            && items.TryGetValue(IssuerItem, out string? issuer) && issuer is not null
            && items.TryGetValue(SubjectItem, out string? subject) && subject is not null
            && items.TryGetValue(IssuedItem, out string? issued)
            && long.TryParse(issued, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds)
                ? new ProviderSession(
                    scheme, client, issuer, subject, items.TryGetValue(SessionItem, out string? sid) ? sid : null, Time(seconds))
                : null;
    }

    /// <summary>Copies what one sign-in knows of the provider to another.</summary>
    public static void Copy(AuthenticationProperties from, AuthenticationProperties to)
    {
        foreach (string item in s_items)
        {
            if (from.Items.TryGetValue(item, out string? value))
            {
                to.Items[item] = value;
            }
        }
    }

    public void WriteTo(AuthenticationProperties properties)
    {
        properties.Items[SchemeItem] = Scheme;
        properties.Items[ClientItem] = ClientId;
        properties.Items[IssuerItem] = Issuer;
        properties.Items[SubjectItem] = Subject;
        properties.Items[IssuedItem] = IssuedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        if (SessionId is not null)
        {
            properties.Items[SessionItem] = SessionId;
        }
        else
        {
            properties.Items.Remove(SessionItem);
        }
    }

    private static DateTimeOffset Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, 200_000_000_000));
}
