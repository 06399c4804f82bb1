using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sact.Session;

/// <summary>
/// How a key and a value of <c>HttpContext.Session</c> stand in a record. Field <c>$http.{key}</c>, the value's bytes as a JSON string of base64. A key that is no field's name (too long, with control
/// characters) or begins with <c>#</c> stands under <c>$http.#{SHA-256 of the key}</c>, as the array of itself and the value.
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
            throw new ArgumentException("A session key is well-formed Unicode; this one has a lone surrogate.", parameter);
        }

        if (Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
        {
            throw new ArgumentOutOfRangeException(parameter, $"A session key has at most {MaxKeyBytes} bytes in UTF-8. Take a shorter one.");
        }
    }

    public static string NameOf(string key) => IsPlain(key) ? Prefix + key : $"{Prefix}{Hashed}{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";

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

    /// <summary>Takes a field back; false if it is none of <c>HttpContext.Session</c>, or <paramref name="key"/> is null where it is one that cannot be read.</summary>
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
            string? stored = hashed && Read(ref reader, JsonTokenType.StartArray) && Read(ref reader, JsonTokenType.String) ? reader.GetString() : null;
            if (hashed == stored is not null && Read(ref reader, JsonTokenType.String) && reader.TryGetBytesFromBase64(out value))
            {
                key = stored ?? name[Prefix.Length..];
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not what was written here: told of as unreadable.
        }

        if (key is null || NameOf(key) != name)
        {
            (key, value) = (null, null);
        }

        return true;
    }

    private static bool IsPlain(string key) =>
        key.Length <= FieldNameRule.MaxLength - Prefix.Length && (key.Length == 0 || key[0] != Hashed) && FieldNameRule.Validate(Prefix + key, allowReserved: true) is null;

    private static bool Read(ref Utf8JsonReader reader, JsonTokenType expected) => reader.Read() && reader.TokenType == expected;
}
