using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Sact.Session.Stores;

/// <summary>
/// The rules for a field's value: one JSON value (RFC 8259) without white space around it, nested at most 32 deep, each name once per
/// object, and well-formed Unicode. They are checked once, in the core, before anything is written.
/// </summary>
internal static class FieldValueRule
{
    public const int MaxDepth = 32;

    /// <summary>Makes the exception for a broken rule. It holds the field's name and never the value.</summary>
    public static ArgumentException Exception(string name, string error, string parameter) =>
        new($"The value of the field '{FieldNameRule.Shown(name)}' {error}", parameter);

    /// <summary>Checks a value.</summary>
    /// <returns>The rule that the value breaks, as the end of a sentence that begins with "The value"; null if it breaks none.</returns>
    public static string? Validate(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return "is not well-formed UTF-8.";
        }

        if (json.IsEmpty)
        {
            return "is empty. Use the JSON value null for a field without a value.";
        }

        if (IsSpace(json[0]) || IsSpace(json[^1]))
        {
            return "has white space before or after the JSON value. Remove it.";
        }

        try
        {
            return ValidateTokens(json);
        }
        catch (JsonException)
        {
            return "is not one valid JSON value.";
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for an escaped lone surrogate.
            return "has a lone surrogate. A value must be well-formed Unicode.";
        }
    }

    private static string? ValidateTokens(ReadOnlySpan<byte> json)
    {
        // The names of each open object; null for an open array.
        Stack<HashSet<string>?>? open = null;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open ??= new();
                    open.Push(reader.TokenType == JsonTokenType.StartObject ? new HashSet<string>(StringComparer.Ordinal) : null);
                    if (open.Count > MaxDepth)
                    {
                        return "is nested more than 32 deep. Flatten it, or store its parts as fields of their own.";
                    }

                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    open!.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    if (!open!.Peek()!.Add(reader.GetString()!))
                    {
                        return "has an object with one name twice. Remove one of them.";
                    }

                    break;
                case JsonTokenType.String when reader.ValueIsEscaped:
                    ThrowIfLoneSurrogate(ref reader);
                    break;
            }
        }

        return null;
    }

    /// <exception cref="InvalidOperationException">The string token has an escaped lone surrogate.</exception>
    private static void ThrowIfLoneSurrogate(ref Utf8JsonReader reader)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        reader.CopyString(buffer);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
