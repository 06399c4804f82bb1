using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// Which fields of the metadata are claims of the principal. The type of such a claim belongs to the field: what a sign-in brings under
/// that type is not kept. Otherwise a user whose field was changed would keep the old right from the sign-in.
/// </summary>
internal sealed class MappedClaims(SactSessionAuthenticationOptions options)
{
    private readonly List<(string Field, string? ClaimType)> _mappings = [];

    public bool IsEmpty => _mappings.Count == 0;

    /// <summary>Whether a mapping names a type that says who the user is.</summary>
    public bool NamesTheUser => _mappings.Exists(mapping => mapping.ClaimType is { } type && IsOfTheUser(type));

    public void Add(string field, string? claimType)
    {
        if (!_mappings.Contains((field, claimType)))
        {
            _mappings.Add((field, claimType));
        }
    }

    /// <summary>A principal without the claims that come from fields, which is what a session keeps.</summary>
    public ClaimsPrincipal Without(ClaimsPrincipal principal)
    {
        if (IsEmpty)
        {
            return principal;
        }

        // ClaimsPrincipal.Clone() would share the identities, and the request still needs its claims.
        var copy = new ClaimsPrincipal(principal.Identities.Select(static identity => identity.Clone()));
        Remove(copy);
        return copy;
    }

    /// <summary>Gives the principal of a signed-in session the claims of its fields, and no others of their types.</summary>
    /// <param name="principal">A principal that nobody else holds.</param>
    /// <param name="read">Reads the JSON of a field; false if there is no such field.</param>
    /// <param name="key">The session, for the log.</param>
    /// <param name="log">Where a value is reported that cannot be a claim.</param>
    public void Apply(ClaimsPrincipal principal, FieldReading read, SessionKey key, ILogger log)
    {
        Remove(principal);
        if (principal.Identity is not ClaimsIdentity identity)
        {
            return;
        }

        foreach (var mapping in _mappings)
        {
            string type = TypeIn(identity, mapping);
            if (!read(mapping.Field, out var json))
            {
                continue;
            }

            if (!IsOfTheUser(type) && Claims(type, json.Span) is { } claims)
            {
                identity.AddClaims(claims);
            }
            else
            {
                AuthenticationLog.FieldNotMapped(log, FieldNameRule.Shown(mapping.Field), key);
            }
        }
    }

    private static string TypeIn(ClaimsIdentity identity, (string Field, string? ClaimType) mapping) => mapping switch
    {
        { ClaimType: { } type } => type,
        { Field: "role" } => identity.RoleClaimType,
        { Field: "name" } => identity.NameClaimType,
        _ => mapping.Field,
    };

    /// <summary>The claims of a value; none for null. It answers null if the value cannot be a claim.</summary>
    private static List<Claim>? Claims(string type, ReadOnlySpan<byte> json)
    {
        var claims = new List<Claim>();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return claims;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return Claim(type, ref reader) is { } only ? [only] : null;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Claim(type, ref reader) is not { } element)
            {
                return null;
            }

            claims.Add(element);
        }

        return claims;
    }

    private static Claim? Claim(string type, ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return new Claim(type, reader.GetString()!);
            case JsonTokenType.Number:
                string digits = Encoding.ASCII.GetString(reader.ValueSpan);
                bool isWhole = long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
                return new Claim(type, digits, isWhole ? ClaimValueTypes.Integer64 : ClaimValueTypes.Double);
            case JsonTokenType.True or JsonTokenType.False:
                return new Claim(type, reader.GetBoolean() ? "true" : "false", ClaimValueTypes.Boolean);
            default:
                return null;
        }
    }

    private void Remove(ClaimsPrincipal principal)
    {
        // The role type of one identity may be an ordinary type in another, and a policy looks at all of them.
        var types = principal.Identities.SelectMany(identity => _mappings.Select(mapping => TypeIn(identity, mapping)))
            .Where(type => !IsOfTheUser(type)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var identity in principal.Identities)
        {
            foreach (var claim in identity.FindAll(claim => types.Contains(claim.Type)).ToArray())
            {
                identity.RemoveClaim(claim);
            }
        }
    }

    private bool IsOfTheUser(string type) =>
        type.Equals(options.UserIdClaimType, StringComparison.OrdinalIgnoreCase)
        || type.Equals(options.SecurityStampClaimType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the JSON of a field.</summary>
    internal delegate bool FieldReading(string name, out ReadOnlyMemory<byte> json);
}
