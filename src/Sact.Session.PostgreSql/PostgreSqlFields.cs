using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sact.Session;

/// <summary>
/// Fields as a <c>jsonb</c> object, whose values are the JSON of the fields as strings. As plain JSON they would not come back byte for
/// byte: <c>jsonb</c> refuses <c>\u0000</c>, rewrites numbers, sorts names and drops spaces. In a string, an escaped NUL is six
/// characters like any other.
/// </summary>
internal static class PostgreSqlFields
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(SessionFields fields)
    {
        var written = new ArrayBufferWriter<byte>(fields.SizeInBytes + 256);
        using (var writer = new Utf8JsonWriter(written, s_writing))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in fields)
            {
                writer.WriteString(name, value.Span);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(written.WrittenSpan);
    }

    /// <exception cref="FormatException">The JSON is not an object of strings.</exception>
    public static SessionFields Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("The fields are not an object of strings.");
        }

        var fields = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            {
                throw new FormatException("The fields are not an object of strings.");
            }

            byte[] value = new byte[reader.ValueSpan.Length];
            fields.Add(new(name, value.AsMemory(0, reader.CopyString(value))));
        }

        return SessionFields.Restore(fields);
    }

    /// <summary>
    /// Names to remove as a JSON array, or null for none. A name that no field can have is left out, because PostgreSQL would refuse the
    /// whole array.
    /// </summary>
    public static string? WriteNames(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return null;
        }

        var written = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(written, s_writing))
        {
            writer.WriteStartArray();
            foreach (string name in names.Where(IsPossible))
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(written.WrittenSpan);
    }

    private static bool IsPossible(string? name)
    {
        try
        {
            return name is { Length: > 0 } && !name.Contains('\0', StringComparison.Ordinal) && s_strict.GetByteCount(name) > 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
