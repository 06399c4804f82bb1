using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Sact.Session;

/// <summary>Header and payload of a signed JWT, read strictly: what two readers could understand in two ways is refused.</summary>
internal sealed class LogoutTokenParts
{
    private const int MaxLength = 16 * 1024;
    private const string EventMember = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly SearchValues<char> s_alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly JsonElement _header;
    private readonly JsonElement _payload;

    private LogoutTokenParts(JsonElement header, JsonElement payload)
    {
        _header = header;
        _payload = payload;
    }

    /// <summary>Reads a token without its signature.</summary>
    public static LogoutRefusal? Read(string token, out LogoutTokenParts? parts)
    {
        parts = null;
        if (token.Length > MaxLength)
        {
            return LogoutRefusal.TooLong;
        }

        string[] segments = token.Split('.');
        if (segments.Length == 5)
        {
            return LogoutRefusal.Encrypted;
        }

        if (segments.Length != 3 || !TryParse(segments[0], out var header) || !TryParse(segments[1], out var payload))
        {
            return LogoutRefusal.Malformed;
        }

        parts = new LogoutTokenParts(header, payload);
        return null;
    }

    /// <summary>Checks the header before any signature is verified.</summary>
    public LogoutRefusal? CheckHeader(IReadOnlyCollection<string> algorithms, bool requiresType)
    {
        try
        {
            return HeaderRefusal(algorithms, requiresType);
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate is no valid string. The reader of JSON throws at its first use, not when it parses.
            return LogoutRefusal.Malformed;
        }
    }

    /// <summary>Checks the claims, and reads what the token means.</summary>
    public LogoutRefusal? ReadClaims(
        string issuer, string clientId, DateTimeOffset now, SactOpenIdConnectOptions options, out LogoutToken? token)
    {
        try
        {
            return ClaimsRefusal(issuer, clientId, now, options, out token);
        }
        catch (InvalidOperationException)
        {
            token = null;
            return LogoutRefusal.Malformed;
        }
    }

    private LogoutRefusal? HeaderRefusal(IReadOnlyCollection<string> algorithms, bool requiresType) =>
        !_header.TryGetProperty("alg", out var algorithm)
            || algorithm.ValueKind != JsonValueKind.String
            || !algorithms.Contains(algorithm.GetString()!, StringComparer.Ordinal) ? LogoutRefusal.Algorithm
        : _header.TryGetProperty("crit", out _) ? LogoutRefusal.Critical
        : !IsType(requiresType) ? LogoutRefusal.Type
        : null;

    private LogoutRefusal? ClaimsRefusal(
        string issuer, string clientId, DateTimeOffset now, SactOpenIdConnectOptions options, out LogoutToken? token)
    {
        token = null;
        if (String("iss", int.MaxValue) is not { } iss || !string.Equals(iss, issuer, StringComparison.Ordinal))
        {
            return LogoutRefusal.Issuer;
        }

        if (!IsAudience(clientId))
        {
            return LogoutRefusal.Audience;
        }

        if (Time("iat") is not { } issuedAt || Time("exp") is not { } expires || (Has("nbf") && Time("nbf") is null))
        {
            return LogoutRefusal.Times;
        }

        var refusal = issuedAt > now + options.ClockSkew || Time("nbf") > now + options.ClockSkew ? LogoutRefusal.Future
            : issuedAt < now - options.ClockSkew - options.MaxLogoutTokenAge ? LogoutRefusal.Old
            : expires <= now - options.ClockSkew ? LogoutRefusal.Expired
            : Has("nonce") ? LogoutRefusal.Nonce
            : !IsLogoutEvent() ? LogoutRefusal.Events
            : null;
        if (refusal is not null)
        {
            return refusal;
        }

        if (String("jti", 256) is not { } id)
        {
            return LogoutRefusal.TokenId;
        }

        string? sid = String("sid", 1024), subject = String("sub", 1024);
        if ((sid ?? subject) is null || (Has("sid") && sid is null) || (Has("sub") && subject is null))
        {
            return LogoutRefusal.WhoseSession;
        }

        token = new LogoutToken(iss, id, issuedAt, sid, subject);
        return null;
    }

    private static bool TryParse(string segment, out JsonElement json)
    {
        json = default;
        if (segment.Length == 0 || segment.AsSpan().ContainsAnyExcept(s_alphabet) || !Base64Url.IsValid(segment))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(segment), s_strict);
            json = document.RootElement.Clone();
            return json.ValueKind == JsonValueKind.Object;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    // RFC 8725 section 3.11. The type is a media type, whose "application/" may be left out.
    private bool IsType(bool required)
    {
        if (!_header.TryGetProperty("typ", out var type))
        {
            return !required;
        }

        string? text = type.ValueKind == JsonValueKind.String ? type.GetString() : null;
        return "logout+jwt".Equals(text, StringComparison.OrdinalIgnoreCase)
            || "application/logout+jwt".Equals(text, StringComparison.OrdinalIgnoreCase)
            || (!required && "JWT".Equals(text, StringComparison.OrdinalIgnoreCase));
    }

    private bool IsAudience(string clientId)
    {
        if (!_payload.TryGetProperty("aud", out var audience))
        {
            return false;
        }

        return audience.ValueKind == JsonValueKind.Array
            ? audience.GetArrayLength() > 0 && audience.EnumerateArray().All(one => IsClient(one, clientId))
            : IsClient(audience, clientId);
    }

    private static bool IsClient(JsonElement audience, string clientId) =>
        audience.ValueKind == JsonValueKind.String && audience.ValueEquals(clientId);

    private bool IsLogoutEvent() =>
        _payload.TryGetProperty("events", out var events)
        && events.ValueKind == JsonValueKind.Object
        && events.TryGetProperty(EventMember, out var member)
        && member.ValueKind == JsonValueKind.Object;

    private bool Has(string claim) => _payload.TryGetProperty(claim, out _);

    private string? String(string claim, int longest)
    {
        if (!_payload.TryGetProperty(claim, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString() is { Length: > 0 } text && text.Length <= longest ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    // NumericDate may have a fraction (RFC 7519 section 2).
    private DateTimeOffset? Time(string claim) =>
        _payload.TryGetProperty(claim, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out double seconds)
        && seconds is > 0 and < 200_000_000_000
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : null;
}
