using System.Buffers;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sact.Session;

/// <summary>
/// A principal as compact JSON: a list of identities; a claim is <c>[type, value, value type, issuer, original issuer, properties]</c>, cut off where the rest is the default. Written and read by hand,
/// so that no reflection is needed and no type is ever named in it.
/// </summary>
internal static class PrincipalJson
{
    // Whoever acts for somebody who acts for somebody: deeper than this it is a mistake, and a field is at most 32 deep.
    private const int MostActors = 4;

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="ArgumentException">A text of the principal is no well-formed Unicode, or actors are nested too deep.</exception>
    public static ReadOnlyMemory<byte> Write(ClaimsPrincipal principal)
    {
        var written = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(written, s_writing))
        {
            writer.WriteStartArray();
            foreach (var identity in principal.Identities)
            {
                Write(writer, identity, actors: 0);
            }

            writer.WriteEndArray();
        }

        return written.WrittenMemory;
    }

    /// <exception cref="JsonException">It is not what <see cref="Write(ClaimsPrincipal)"/> writes.</exception>
    public static ClaimsPrincipal Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        try
        {
            var principal = new ClaimsPrincipal();
            foreach (var identity in document.RootElement.EnumerateArray())
            {
                principal.AddIdentity(ReadIdentity(identity));
            }

            return principal;
        }
        catch (Exception fault) when (fault is InvalidOperationException or KeyNotFoundException or ArgumentException or IndexOutOfRangeException)
        {
            throw new JsonException("The claims are not of the form this version writes.", fault);
        }
    }

    private static void Write(Utf8JsonWriter writer, ClaimsIdentity identity, int actors)
    {
        writer.WriteStartObject();
        WriteUnless(writer, "type", identity.AuthenticationType, null);
        WriteUnless(writer, "name", identity.NameClaimType, ClaimsIdentity.DefaultNameClaimType);
        WriteUnless(writer, "role", identity.RoleClaimType, ClaimsIdentity.DefaultRoleClaimType);
        WriteUnless(writer, "label", identity.Label, null);
        WriteUnless(writer, "token", identity.BootstrapContext as string, null);
        writer.WriteStartArray("claims");
        foreach (var claim in identity.Claims)
        {
            Write(writer, claim);
        }

        writer.WriteEndArray();
        if (identity.Actor is { } actor)
        {
            if (actors == MostActors)
            {
                throw new ArgumentException($"The principal's actors are nested more than {MostActors} deep. Sign in with fewer, or replace ToMetadata and FromMetadata.", nameof(identity));
            }

            writer.WritePropertyName("actor");
            Write(writer, actor, actors + 1);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Claim claim)
    {
        string? valueType = Unless(claim.ValueType, ClaimValueTypes.String);
        string? issuer = Unless(claim.Issuer, ClaimsIdentity.DefaultIssuer);
        string? original = Unless(claim.OriginalIssuer, claim.Issuer);
        int length = claim.Properties.Count > 0 ? 6 : original is not null ? 5 : issuer is not null ? 4 : valueType is not null ? 3 : 2;
        writer.WriteStartArray();
        ReadOnlySpan<string?> parts = [claim.Type, claim.Value, valueType, issuer, original];
        for (int i = 0; i < Math.Min(length, parts.Length); i++)
        {
            writer.WriteStringValue(Checked(parts[i]));
        }

        if (length == 6)
        {
            writer.WriteStartObject();
            foreach (var (name, value) in claim.Properties)
            {
                writer.WriteString(Checked(name)!, Checked(value));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static ClaimsIdentity ReadIdentity(JsonElement json)
    {
        var identity = new ClaimsIdentity(
            Text(json, "type"), Text(json, "name") ?? ClaimsIdentity.DefaultNameClaimType, Text(json, "role") ?? ClaimsIdentity.DefaultRoleClaimType)
        {
            Label = Text(json, "label"),
            BootstrapContext = Text(json, "token"),
        };
        foreach (var claim in json.GetProperty("claims").EnumerateArray())
        {
            int length = claim.GetArrayLength();
            string issuer = (length > 3 ? claim[3].GetString() : null) ?? ClaimsIdentity.DefaultIssuer;
            var read = new Claim(
                claim[0].GetString()!,
                claim[1].GetString()!,
                (length > 2 ? claim[2].GetString() : null) ?? ClaimValueTypes.String,
                issuer,
                (length > 4 ? claim[4].GetString() : null) ?? issuer,
                identity);
            if (length > 5)
            {
                foreach (var property in claim[5].EnumerateObject())
                {
                    read.Properties[property.Name] = property.Value.GetString()!;
                }
            }

            identity.AddClaim(read);
        }

        if (json.TryGetProperty("actor", out var actor))
        {
            identity.Actor = ReadIdentity(actor);
        }

        return identity;
    }

    private static void WriteUnless(Utf8JsonWriter writer, string name, string? text, string? usual)
    {
        if (Unless(text, usual) is { } unusual)
        {
            writer.WriteString(name, Checked(unusual));
        }
    }

    private static string? Unless(string? text, string? usual) => string.Equals(text, usual, StringComparison.Ordinal) ? null : text;

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var text) ? text.GetString() : null;

    // The writer would put another character in the place of a lone surrogate, and so make another claim of it.
    private static string? Checked(string? text) => text is null || UnicodeRule.IsWellFormed(text)
        ? text
        : throw new ArgumentException("A claim is well-formed Unicode; one of the principal's has a lone surrogate. Sign in without it.", nameof(text));
}
