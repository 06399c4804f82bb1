using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Sact.Session;

/// <summary>Turns what an application hands over as metadata into fields, checked; an <see cref="ArgumentException"/> names the argument and the rule.</summary>
internal static class FieldsFromJson
{
    private static readonly JsonWriterOptions s_writing = new() { Encoder = new StrictEncoder(), SkipValidation = false };

    public static SessionFields From(JsonObject? fields, string parameter)
    {
        if (fields is null)
        {
            return SessionFields.Empty;
        }

        return Guarded(parameter, () =>
        {
            var written = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(written, s_writing))
            {
                fields.WriteTo(writer);
            }

            return Split(written.WrittenSpan, parameter);
        });
    }

    public static SessionFields From(JsonElement fields, string parameter) =>
        fields.ValueKind == JsonValueKind.Undefined
            ? throw new ArgumentException("The element is undefined. Pass a JSON object.", parameter)
            : Guarded(parameter, () => Split(JsonMarshal.GetRawUtf8Value(fields), parameter));

    public static SessionFields From<T>(T fields, JsonTypeInfo<T> info, string parameter)
    {
        ArgumentNullException.ThrowIfNull(info);
        return Guarded(parameter, () => Split(Write(fields, info).WrittenSpan, parameter));
    }

    /// <summary>An object as one element, for whoever implements a session.</summary>
    public static JsonElement ToElement(object fields, JsonTypeInfo info, string parameter)
    {
        if (info.Kind is not (JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary))
        {
            throw new ArgumentException($"A {fields.GetType()} makes no JSON object. Pass an object with named properties, such as new {{ theme = \"dark\" }}.", parameter);
        }

        return Guarded(parameter, () =>
        {
            var written = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(written, s_writing))
            {
                JsonSerializer.Serialize(writer, fields, info);
            }

            using var document = JsonDocument.Parse(written.WrittenMemory, new JsonDocumentOptions { MaxDepth = SessionFields.MostReadableDepth });
            return document.RootElement.Clone();
        });
    }

    /// <summary>One field of a typed value.</summary>
    public static SessionFields One<T>(string name, T value, JsonTypeInfo<T> info, string parameter) =>
        Guarded(parameter, () => SessionFields.Create([new(name, Write(value, info).WrittenMemory)]));

    private static ArrayBufferWriter<byte> Write<T>(T value, JsonTypeInfo<T> info)
    {
        var written = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(written, s_writing);
        JsonSerializer.Serialize(writer, value, info);
        writer.Flush();
        return written;
    }

    /// <summary>Takes an object's text apart; each value is kept byte for byte.</summary>
    private static SessionFields Split(ReadOnlySpan<byte> json, string parameter)
    {
        var fields = SessionFields.TakeApart(json, parameter);
        foreach (var (name, _) in fields)
        {
            SessionFieldRule.ThrowIfBadName(name, allowReserved: false, parameter);
        }

        return SessionFields.Create(fields);
    }

    private static T Guarded<T>(string parameter, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException fault) when (fault.ParamName != parameter)
        {
            string rule = fault.ParamName is null ? fault.Message : fault.Message.Replace($" (Parameter '{fault.ParamName}')", "", StringComparison.Ordinal);
            throw new ArgumentException(rule, parameter, fault);
        }
        catch (JsonException fault)
        {
            throw new ArgumentException("Metadata is one JSON object, nested at most 32 deep.", parameter, fault);
        }
        catch (InvalidOperationException fault)
        {
            throw new ArgumentException("Metadata is well-formed JSON: no lone surrogate, no name twice in one object, nested at most 32 deep.", parameter, fault);
        }
    }

    /// <summary>The framework's writer replaces a lone surrogate silently, which would change what was given; this one refuses it.</summary>
    private sealed unsafe class StrictEncoder : JavaScriptEncoder
    {
        public override int MaxOutputCharactersPerInputCharacter => UnsafeRelaxedJsonEscaping.MaxOutputCharactersPerInputCharacter;

        public override int FindFirstCharacterToEncode(char* text, int textLength) =>
            SessionFieldRule.IsWellFormed(new ReadOnlySpan<char>(text, textLength))
                ? UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncode(text, textLength)
                : throw new ArgumentException("A name or a value is well-formed Unicode; this one has a lone surrogate.");

        public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) =>
            Utf8.IsValid(utf8Text)
                ? UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncodeUtf8(utf8Text)
                : throw new ArgumentException("A name or a value is well-formed UTF-8.");

        public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
            UnsafeRelaxedJsonEscaping.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

        public override bool WillEncode(int unicodeScalar) => UnsafeRelaxedJsonEscaping.WillEncode(unicodeScalar);
    }
}
