using System.Buffers;
using System.Text.Json;

namespace Sact.Session;

public sealed partial class SessionFields
{
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
        var fields = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = SessionFieldRule.MaxDepth + 2 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new ArgumentException("Fields are one JSON object.", nameof(json));
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                fields.Add(new(name, json[start..(int)reader.BytesConsumed].ToArray()));
            }

            if (reader.Read())
            {
                throw new ArgumentException("Fields are one JSON object.", nameof(json));
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new ArgumentException("Fields are one JSON object.", nameof(json), fault);
        }

        return Restore(fields);
    }
}
