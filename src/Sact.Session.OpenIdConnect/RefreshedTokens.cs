using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>Tokens that the provider has issued after the sign-in, as a session keeps them.</summary>
/// <param name="AccessToken">The access token; null if the provider refuses to issue another.</param>
/// <param name="RefreshToken">The refresh token; null if the earlier one stays valid.</param>
/// <param name="ExpiresAt">When the access token expires; null if the provider does not say.</param>
internal sealed record RefreshedTokens(string? AccessToken, string? RefreshToken, DateTimeOffset? ExpiresAt)
{
    // The framework keeps the token "x" in the item ".Token.x".
    private const string Item = ".Token.";

    /// <summary>Reads the answer of a token endpoint; null if it has no access token.</summary>
    public static RefreshedTokens? Read(JsonElement json, DateTimeOffset now) =>
        TokenEndpoint.Text(json, "access_token") is { Length: > 0 } access
            ? new RefreshedTokens(access, TokenEndpoint.Text(json, "refresh_token"), Expiry(json, now))
            : null;

    /// <summary>The field of the session. It is sealed in every store that leaves the process.</summary>
    /// <param name="before">The tokens before.</param>
    public SessionFields FieldAfter(AuthenticationProperties before)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString(Item + "access_token", AccessToken ?? before.GetTokenValue("access_token"));
            writer.WriteString(Item + "refresh_token", AccessToken is null ? null : RefreshToken ?? before.GetTokenValue("refresh_token"));
            writer.WriteString(
                Item + "expires_at",
                AccessToken is null ? before.GetTokenValue("expires_at") : ExpiresAt?.ToString("o", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        return SessionFields.Create([new(PrincipalFields.Tokens, json.WrittenMemory)]);
    }

    // Some providers send the number as a string.
    private static DateTimeOffset? Expiry(JsonElement json, DateTimeOffset now)
    {
        if (!json.TryGetProperty("expires_in", out var value))
        {
            return null;
        }

        string? text = value.ValueKind == JsonValueKind.String ? TokenEndpoint.Text(json, "expires_in") : value.GetRawText();
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds is >= 0 and < 1_000_000_000 ? now.AddSeconds(seconds) : null;
    }
}
