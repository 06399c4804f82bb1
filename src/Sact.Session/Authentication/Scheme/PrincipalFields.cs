using System.Buffers;
using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>Converts between a principal and the fields of its session. No application can write these fields (<c>$…</c>).</summary>
internal static class PrincipalFields
{
    public const string Claims = "$claims";
    public const string Properties = "$properties";
    public const string Issued = "$issued";

    /// <summary>Tokens of the identity provider that were refreshed: items that take the place of those in the properties.</summary>
    public const string Tokens = "$tokens";

    // Constants, so that a look-up in a sealed session makes no string: 44 bytes of each request for a field that few sessions have.
    private const string SealedProperties = SealedFields.Prefix + Properties;
    private const string SealedTokens = SealedFields.Prefix + Tokens;

    // The record has these values already. A second copy could differ.
    private static readonly HashSet<string> s_ofRecord = new(StringComparer.Ordinal) { ".issued", ".expires", ".persistent" };

    /// <summary>
    /// The fields of a sign-in: the principal or its mapping by the application, the properties, the time, and the hash of the security
    /// stamp.
    /// </summary>
    public static SessionFields Of(
        ClaimsPrincipal principal, AuthenticationProperties properties, SactSessionAuthenticationOptions options, DateTimeOffset now)
    {
        var fields = new List<KeyValuePair<string, ReadOnlyMemory<byte>>> { new(Issued, Number(now)) };
        if (options.ToMetadata is null)
        {
            fields.Add(new(Claims, PrincipalJson.Write(options.MappedClaims.Without(principal))));
        }

        if (SecurityStampField.Of(principal, options.SecurityStampClaimType) is { } stamp)
        {
            fields.Add(new(SecurityStampField.Name, stamp));
        }

        if (Items(properties) is { } items)
        {
            fields.Add(new(Properties, items));
        }

        var reserved = SessionFields.Create(fields);
        return options.ToMetadata is { } map
            ? FieldsFromJson.From(map(principal), nameof(options.ToMetadata)).Merge(reserved)
            : reserved;
    }

    /// <summary>
    /// What a refreshed sign-in writes, and which fields it removes because it has no value for them. If the application has replaced the
    /// provider's tokens, those that were refreshed before are removed, because they would hide the new ones. A refresh that is under way
    /// loses its claim: if the provider refuses it, it drops nothing. If the provider answers it with tokens, those count, being later.
    /// </summary>
    /// <param name="fields">The fields of the sign-in.</param>
    /// <param name="given">Its properties.</param>
    /// <param name="authenticated">The record with which the request was authenticated.</param>
    /// <param name="session">The session of the request.</param>
    public static (SessionFields Set, string[] Remove) Refreshed(
        SessionFields fields, AuthenticationProperties given, SessionRecord authenticated, RequestSession session)
    {
        string[] lacking = [.. new[] { Claims, Properties, SecurityStampField.Name }.Where(name => !fields.Contains(name))];
        var current = session.Record ?? authenticated;

        // Tokens as they were, or as this very request has refreshed them, are not the application's.
        return !IsRefreshed(current) || HasTokensOf(given, authenticated, session) || HasTokensOf(given, current, session)
            ? (fields, lacking)
            : (fields.Merge(RefreshClaim.New(session.Now).Field()), [.. lacking, Tokens]);
    }

    /// <summary>Whether the provider's tokens were refreshed, or are being refreshed.</summary>
    private static bool IsRefreshed(SessionRecord record) => record.Fields.Contains(RefreshClaim.Name);

    private static bool HasTokensOf(AuthenticationProperties given, SessionRecord record, RequestSession session)
    {
        // The framework keeps the token "x" in the item ".Token.x", and the names of all in ".TokenNames".
        static IEnumerable<KeyValuePair<string, string?>> TokensOf(AuthenticationProperties properties) =>
            properties.Items.Where(static item => item.Key.StartsWith(".Token", StringComparison.Ordinal));
        return TokensOf(given).ToHashSet().SetEquals(TokensOf(PropertiesOf(record, session)));
    }

    /// <summary>The principal of a signed-in session; null if <c>FromMetadata</c> returns null.</summary>
    /// <exception cref="JsonException">The claims in the record, or a field that is a claim, cannot be read.</exception>
    public static ClaimsPrincipal? Principal(
        SessionRecord record, ISessionDataSource source, SactSessionAuthenticationOptions options, string scheme)
    {
        if (options.FromMetadata is { } map)
        {
            return map(new SessionData(record, source, isCurrent: true));
        }

        var principal = Kept(record, source, options, scheme);
        return options.MappedClaims.IsEmpty ? principal : WithMapped(principal, record, source, options);
    }

    private static ClaimsPrincipal WithMapped(
        ClaimsPrincipal principal, SessionRecord record, ISessionDataSource source, SactSessionAuthenticationOptions options)
    {
        options.MappedClaims.Apply(
            principal,
            (string name, out ReadOnlyMemory<byte> json) => TryRead(record, source, name, out json),
            record.Key,
            source.Services.Telemetry.Log);
        return principal;
    }

    private static ClaimsPrincipal Kept(
        SessionRecord record, ISessionDataSource source, SactSessionAuthenticationOptions options, string scheme)
    {
        if (TryRead(record, source, Claims, out var json))
        {
            return PrincipalJson.Read(json);
        }

        // ISactSession.SetAsync signed the user in, so there is no other claim.
        var userId = new Claim(options.UserIdClaimType, record.UserId!);
        return new ClaimsPrincipal(
            new ClaimsIdentity([userId], scheme, ClaimsIdentity.DefaultNameClaimType, ClaimsIdentity.DefaultRoleClaimType));
    }

    /// <exception cref="JsonException">The properties in the record cannot be read.</exception>
    public static AuthenticationProperties PropertiesOf(SessionRecord record, ISessionDataSource source)
    {
        var properties = new AuthenticationProperties();
        if (record.Fields.Contains(record.CurrentKey is null ? Properties : SealedProperties))
        {
            AddItems(properties, record, source, Properties);
        }

        if (record.Fields.Contains(record.CurrentKey is null ? Tokens : SealedTokens))
        {
            AddItems(properties, record, source, Tokens);
        }

        properties.IsPersistent = record.IsPersistent;
        properties.IssuedUtc = IssuedAt(record) ?? record.AuthenticatedAt ?? record.CreatedAt;
        properties.ExpiresUtc = record.ExpiresAt;
        return properties;
    }

    public static ReadOnlyMemory<byte> Number(DateTimeOffset instant) =>
        Encoding.ASCII.GetBytes(instant.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));

    private static bool TryRead(SessionRecord record, ISessionDataSource source, string name, out ReadOnlyMemory<byte> json)
    {
        try
        {
            return SealedFields.TryRead(record, source.KeyOf(record), name, out json);
        }
        catch (SessionStoreException fault)
        {
            throw new JsonException(fault.Message, fault);
        }
    }

    private static void AddItems(AuthenticationProperties properties, SessionRecord record, ISessionDataSource source, string field)
    {
        if (!TryRead(record, source, field, out var json))
        {
            return;
        }

        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("The properties are not a JSON object, which is the format of this version.");
        }

        foreach (var item in document.RootElement.EnumerateObject())
        {
            properties.Items[item.Name] = item.Value.ValueKind is JsonValueKind.String ? item.Value.GetString() : null;
        }
    }

    private static DateTimeOffset? IssuedAt(SessionRecord record) =>
        record.Fields.TryGetValue(Issued, out var json)
        && long.TryParse(json.Span, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
        && milliseconds < SchemeExpiry.MaxMilliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    private static ReadOnlyMemory<byte>? Items(AuthenticationProperties properties)
    {
        if (!properties.Items.Keys.Any(static name => !s_ofRecord.Contains(name)))
        {
            return null;
        }

        var written = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(written))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in properties.Items)
            {
                if (!s_ofRecord.Contains(name))
                {
                    writer.WriteString(name, value);
                }
            }

            writer.WriteEndObject();
        }

        return written.WrittenMemory;
    }
}
