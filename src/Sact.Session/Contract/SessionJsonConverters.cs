using System.ComponentModel;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>Writes a <see cref="SessionKey"/> as a JSON string. Public because generated serialisation code, which stands in the application's assembly, makes one.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SessionKeyJsonConverter : JsonConverter<SessionKey>
{
    /// <inheritdoc/>
    public override SessionKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && SessionKey.TryParse(reader.GetString(), null, out var key)
            ? key
            : throw new JsonException("The value is not a session key.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SessionKey value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (value.IsDefault)
        {
            throw new JsonException("A default SessionKey names no session and cannot be written.");
        }

        writer.WriteStringValue(value.ToString());
    }
}

/// <summary>Writes <see cref="SessionFields"/> as one JSON object. Public because generated serialisation code, which stands in the application's assembly, makes one.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SessionFieldsJsonConverter : JsonConverter<SessionFields>
{
    /// <inheritdoc/>
    public override SessionFields Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("Fields are one JSON object.");
        }

        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            return SessionFields.Create(document.RootElement.EnumerateObject().Select(static property =>
                new KeyValuePair<string, ReadOnlyMemory<byte>>(property.Name, Encoding.UTF8.GetBytes(property.Value.GetRawText()))));
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            throw new JsonException("A field's name or value breaks the rules for session fields.", fault);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SessionFields value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(value);
        value.WriteTo(writer);
    }
}
