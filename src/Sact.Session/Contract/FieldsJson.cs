using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Sact.Session.Stores;

/// <summary>Splits a JSON object into fields. Each value is kept byte for byte.</summary>
internal static class FieldsJson
{
    /// <summary>Deep enough to read every value, so that the check of values can report one that is too deep.</summary>
    public const int MaxReadableDepth = 1000;

    /// <summary>Splits a JSON object.</summary>
    /// <param name="json">The object in UTF-8.</param>
    /// <param name="parameter">The name of the argument, for exceptions.</param>
    /// <param name="stored">
    /// Whether a store kept the object. Its values were checked before they were stored, so only the names are checked, and names that
    /// begin with <c>$</c> are valid.
    /// </param>
    /// <exception cref="ArgumentException">It is JSON of another kind, or a name or a value breaks a rule.</exception>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A name is not well-formed Unicode.</exception>
    public static SessionFields Split(ReadOnlySpan<byte> json, string parameter, bool stored)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxReadableDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new ArgumentException("The JSON is not an object. Metadata must be one JSON object of names and values.", parameter);
        }

        var builder = new PackedFieldsBuilder(json.Length);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader);
            FieldNameRule.ThrowIfBroken(name, allowReserved: stored, parameter);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            bool isSimple = IsSimple(ref reader);
            reader.Skip();
            var value = json[start..(int)reader.BytesConsumed];
            if (!stored && !(isSimple && Utf8.IsValid(value)) && FieldValueRule.Validate(value) is { } error)
            {
                throw FieldValueRule.Exception(Encoding.UTF8.GetString(name), error, parameter);
            }

            builder.Add(name, value);
        }

        return reader.Read()
            ? throw new ArgumentException("The JSON has more than one object. Metadata must be one JSON object.", parameter)
            : builder.Build(parameter);
    }

    /// <summary>The name in UTF-8 without escapes.</summary>
    private static ReadOnlySpan<byte> NameOf(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped || !Utf8.IsValid(reader.ValueSpan) ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;

    // The reader has checked such a value already, apart from the bytes of a string.
    private static bool IsSimple(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null => true,
        JsonTokenType.String => !reader.ValueIsEscaped,
        _ => false,
    };
}
