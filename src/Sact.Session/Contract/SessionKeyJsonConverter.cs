using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>
/// Writes a <see cref="SessionKey"/> as a JSON string. It is public for generated serialisation code in the application's assembly.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SessionKeyJsonConverter : JsonConverter<SessionKey>
{
    /// <inheritdoc/>
    public override SessionKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && SessionKey.TryParse(reader.GetString(), null, out var key)
            ? key
            : throw new JsonException("The JSON value is not a session key, such as \"session:\" followed by 24 base64url characters.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SessionKey value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.IsDefault
            ? throw new JsonException("default(SessionKey) names no session and has no JSON form. Use null, a SessionKey? without a value.")
            : value.ToString());
    }
}
