using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session;

/// <summary>Turns what an application hands over as metadata into fields, checked; an <see cref="ArgumentException"/> names the argument and the rule.</summary>
internal static class FieldsFromJson
{
    public static SessionFields From(JsonObject? fields, string parameter)
    {
        if (fields is null)
        {
            return SessionFields.Empty;
        }

        return Guarded(parameter, fields, static (fields, parameter) =>
        {
            using var text = JsonText.Begin();
            fields.WriteTo(text.Writer);
            return Split(text.End(), parameter);
        });
    }

    public static SessionFields From(JsonElement fields, string parameter) =>
        fields.ValueKind == JsonValueKind.Undefined
            ? throw new ArgumentException("The element is undefined. Pass a JSON object.", parameter)
            : Guarded(parameter, fields, static (fields, parameter) => Split(JsonMarshal.GetRawUtf8Value(fields), parameter));

    public static SessionFields From<T>(T fields, JsonTypeInfo<T> info, string parameter)
    {
        ArgumentNullException.ThrowIfNull(info);
        return Guarded(parameter, (fields, info), static (about, parameter) =>
        {
            using var text = JsonText.Begin();
            JsonSerializer.Serialize(text.Writer, about.fields, about.info);
            return Split(text.End(), parameter);
        });
    }

    /// <summary>An object as one element, for whoever implements a session.</summary>
    public static JsonElement ToElement(object fields, JsonTypeInfo info, string parameter)
    {
        if (info.Kind is not (JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary))
        {
            throw new ArgumentException($"A {fields.GetType()} makes no JSON object. Pass an object with named properties, such as new {{ theme = \"dark\" }}.", parameter);
        }

        return Guarded(parameter, (fields, info), static (about, _) =>
        {
            using var text = JsonText.Begin();
            JsonSerializer.Serialize(text.Writer, about.fields, about.info);
            using var document = JsonDocument.Parse(text.End().ToArray(), new JsonDocumentOptions { MaxDepth = SessionFields.MostReadableDepth });
            return document.RootElement.Clone();
        });
    }

    /// <summary>One field of a typed value.</summary>
    public static SessionFields One<T>(string name, T value, JsonTypeInfo<T> info, string parameter) =>
        Guarded(parameter, (name, value, info), static (about, _) =>
        {
            using var text = JsonText.Begin();
            JsonSerializer.Serialize(text.Writer, about.value, about.info);
            return SessionFields.Create([new(about.name, text.End().ToArray())]);
        });

    /// <summary>Takes an object's text apart; each value is kept byte for byte.</summary>
    private static SessionFields Split(ReadOnlySpan<byte> json, string parameter) => SessionFields.TakeApart(json, parameter, stored: false);

    private static T Guarded<TAbout, T>(string parameter, TAbout about, Func<TAbout, string, T> make)
    {
        try
        {
            return make(about, parameter);
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
}
