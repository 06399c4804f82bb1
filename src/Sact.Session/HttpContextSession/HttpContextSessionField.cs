using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sact.Session;

/// <summary>
/// The format of a key and a value of <c>HttpContext.Session</c> in a record: the field <c>$http.{key}</c> with the bytes as a JSON string
/// of base64. A key that cannot be the name of a field (too long, control characters) or begins with <c>#</c> has the field
/// <c>$http.#{SHA-256 of the key}</c>, whose value is an array of the key and the bytes.
/// </summary>
internal static class HttpContextSessionField
{
    public const string Prefix = "$http.";

    /// <summary>The framework's own limit.</summary>
    public const int MaxKeyBytes = ushort.MaxValue;

    private const char Hashed = '#';

    /// <exception cref="ArgumentException">The key is not well-formed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The key is too long.</exception>
    public static void ThrowIfBadKey(string key, string parameter)
    {
        if (!UnicodeRule.IsWellFormed(key))
        {
            throw new ArgumentException("The key has a lone surrogate. A session key must be well-formed Unicode.", parameter);
        }

        if (Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
        {
            throw new ArgumentOutOfRangeException(
                parameter, $"The key is too long. A session key may have {MaxKeyBytes} bytes in UTF-8. Use a shorter one.");
        }
    }

    public static string NameOf(string key) =>
        IsPlain(key) ? Prefix + key : $"{Prefix}{Hashed}{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";

    public static KeyValuePair<string, ReadOnlyMemory<byte>> Write(string key, ReadOnlySpan<byte> value)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            if (IsPlain(key))
            {
                writer.WriteBase64StringValue(value);
            }
            else
            {
                writer.WriteStartArray();
                writer.WriteStringValue(key);
                writer.WriteBase64StringValue(value);
                writer.WriteEndArray();
            }
        }

        return new(NameOf(key), json.ToArray());
    }

    /// <summary>Reads a field.</summary>
    /// <returns>False if it does not belong to <c>HttpContext.Session</c>. The key is null if it does and cannot be read.</returns>
    public static bool TryRead(string name, ReadOnlySpan<byte> json, out string? key, out byte[]? value)
    {
        (key, value) = (null, null);
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        bool hashed = name.Length > Prefix.Length && name[Prefix.Length] == Hashed;
        try
        {
            var reader = new Utf8JsonReader(json);
            string? stored = hashed && Read(ref reader, JsonTokenType.StartArray) && Read(ref reader, JsonTokenType.String)
                ? reader.GetString()
                : null;
            if (hashed == stored is not null && Read(ref reader, JsonTokenType.String) && reader.TryGetBytesFromBase64(out value))
            {
                key = stored ?? name[Prefix.Length..];
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Another format: the caller logs it as unreadable.
        }

        if (key is null || NameOf(key) != name)
        {
            (key, value) = (null, null);
        }

        return true;
    }

    private static bool IsPlain(string key) =>
        key.Length <= FieldNameRule.MaxLength - Prefix.Length
        && (key.Length == 0 || key[0] != Hashed)
        && FieldNameRule.Validate(Prefix + key, allowReserved: true) is null;

    private static bool Read(ref Utf8JsonReader reader, JsonTokenType expected) => reader.Read() && reader.TokenType == expected;
}
