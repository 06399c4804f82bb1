using System.Buffers;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sact.Session;

/// <summary>
/// Writes and reads a principal as compact JSON, a list of identities. A claim is the array <c>[type, value, value type, issuer, original
/// issuer, properties]</c>, without the last elements if they have their defaults. The code needs no reflection, and the JSON names no .NET
/// type.
/// </summary>
internal static class PrincipalJson
{
    // An actor may have an actor. A deeper chain is a mistake, and the JSON of a field is at most 32 levels deep.
    private const int MaxActors = 4;

    private static readonly JsonWriterOptions s_writerOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="ArgumentException">
    /// A string of the principal is not well-formed Unicode, or its actors are nested too deeply.
    /// </exception>
    public static ReadOnlyMemory<byte> Write(ClaimsPrincipal principal)
    {
        var written = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(written, s_writerOptions))
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

    /// <exception cref="JsonException">The JSON does not have the format of <see cref="Write(ClaimsPrincipal)"/>.</exception>
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
        catch (Exception fault)
            when (fault is InvalidOperationException or KeyNotFoundException or ArgumentException or IndexOutOfRangeException)
        {
            throw new JsonException("The claims do not have the JSON format of this version.", fault);
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
            if (actors == MaxActors)
            {
                throw new ArgumentException(
                    $"The principal has more than {MaxActors} nested actors. "
                    + "Sign in with fewer actors, or set ToMetadata and FromMetadata.",
                    nameof(identity));
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
            StringOf(json, "type"),
            StringOf(json, "name") ?? ClaimsIdentity.DefaultNameClaimType,
            StringOf(json, "role") ?? ClaimsIdentity.DefaultRoleClaimType)
        {
            Label = StringOf(json, "label"),
            BootstrapContext = StringOf(json, "token"),
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

    private static void WriteUnless(Utf8JsonWriter writer, string name, string? value, string? defaultValue)
    {
        if (Unless(value, defaultValue) is { } other)
        {
            writer.WriteString(name, Checked(other));
        }
    }

    private static string? Unless(string? value, string? defaultValue) =>
        string.Equals(value, defaultValue, StringComparison.Ordinal) ? null : value;

    private static string? StringOf(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    // The JSON writer would replace a lone surrogate by another character, which changes the claim.
    private static string? Checked(string? value) => value is null || UnicodeRule.IsWellFormed(value)
        ? value
        : throw new ArgumentException(
            "A claim of the principal has a lone surrogate. Claims must be well-formed Unicode. Sign in without that claim.",
            nameof(value));
}
