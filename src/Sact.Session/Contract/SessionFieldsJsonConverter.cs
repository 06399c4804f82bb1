using System.ComponentModel;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>
/// Writes <see cref="SessionFields"/> as one JSON object. It is public for generated serialisation code in the application's assembly.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SessionFieldsJsonConverter : JsonConverter<SessionFields>
{
    /// <inheritdoc/>
    public override SessionFields Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("The JSON is not an object. Session fields must be one JSON object of names and values.");
        }

        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            return SessionFields.Create(document.RootElement.EnumerateObject().Select(static property =>
                new KeyValuePair<string, ReadOnlyMemory<byte>>(property.Name, Encoding.UTF8.GetBytes(property.Value.GetRawText()))));
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            throw new JsonException("A name or a value breaks a rule for session fields. The inner exception names the rule.", exception);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SessionFields value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(value);
        value.WriteTo(writer);
    }
}
