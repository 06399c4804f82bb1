using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Sact.Session;

public sealed partial class SessionFields
{
    // Deep enough to be read, so that whoever checks the values can say that they are too deep.
    internal const int MostReadableDepth = 1000;

    /// <summary>The fields as the text of one JSON object, each value byte for byte: a form that a store can keep in one column or file. <see cref="RestoreJson"/> takes it back.</summary>
    public byte[] ToJson()
    {
        var written = new ArrayBufferWriter<byte>(_packed.Length + 16);
        using (var writer = new Utf8JsonWriter(written, new JsonWriterOptions { SkipValidation = true }))
        {
            WriteTo(writer);
        }

        return written.WrittenSpan.ToArray();
    }

    /// <summary>Takes fields back from what <see cref="ToJson"/> made.</summary>
    /// <param name="json">The text of one JSON object.</param>
    /// <exception cref="ArgumentException">It is not such a text: the record is unreadable.</exception>
    public static SessionFields RestoreJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return TakeApart(json, nameof(json), stored: true);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new ArgumentException("Fields are one JSON object.", nameof(json), fault);
        }
    }

    /// <summary>The names and values of one JSON object, each value byte for byte.</summary>
    /// <param name="json">The text.</param>
    /// <param name="parameter">Whose argument it is.</param>
    /// <param name="stored">Whether it was checked when it went in: then the values are taken as they are, and the library's own names are among the others.</param>
    /// <exception cref="ArgumentException">It is another kind of JSON, or breaks a rule for names or values.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="InvalidOperationException">A name is no well-formed text.</exception>
    internal static SessionFields TakeApart(ReadOnlySpan<byte> json, string parameter, bool stored)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MostReadableDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new ArgumentException("Metadata is one JSON object: names and values.", parameter);
        }

        var packer = new Packer(json.Length);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var plainName = !reader.ValueIsEscaped && SessionFieldRule.IsPlainName(reader.ValueSpan) ? reader.ValueSpan : default;
            string? name = null;
            if (plainName.IsEmpty)
            {
                name = reader.GetString()!;
                SessionFieldRule.ThrowIfBadName(name, allowReserved: stored, parameter);
            }

            reader.Read();
            int start = (int)reader.TokenStartIndex;
            bool plain = reader.TokenType is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null or JsonTokenType.String && !reader.ValueIsEscaped;
            reader.Skip();
            var value = json[start..(int)reader.BytesConsumed];

            // A plain value was read as one just now; only the bytes of a text are not looked at by the reader.
            if (!stored && (!plain || !Utf8.IsValid(value)) && SessionFieldRule.ValidateValue(value) is { } fault)
            {
                throw new ArgumentException("A field's value " + fault, parameter);
            }

            if (name is null)
            {
                packer.Add(plainName, value);
            }
            else
            {
                packer.Add(name, value);
            }
        }

        return reader.Read() ? throw new ArgumentException("Metadata is one JSON object, and nothing after it.", parameter) : packer.ToFields(parameter);
    }
}
