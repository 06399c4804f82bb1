using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session;

/// <summary>
/// Turns the metadata that an application passes into checked fields. An <see cref="ArgumentException"/> names the argument, the rule and,
/// where it is known, the field; never a value.
/// </summary>
internal static class FieldsFromJson
{
    public static SessionFields From(JsonObject? fields, string parameter) => fields is null
        ? SessionFields.Empty
        : Explained(parameter, fields, static (fields, parameter) =>
        {
            using var json = ReusedJsonWriter.Take();
            fields.WriteTo(json.Writer);
            return FieldsJson.Split(json.Finish(), parameter, stored: false);
        });

    public static SessionFields From(JsonElement fields, string parameter) => fields.ValueKind == JsonValueKind.Undefined
        ? throw new ArgumentException("The element is undefined: it has no value. Pass a JSON object.", parameter)
        : Explained(parameter, fields, static (fields, parameter) =>
            FieldsJson.Split(JsonMarshal.GetRawUtf8Value(fields), parameter, stored: false));

    public static SessionFields From<T>(T fields, JsonTypeInfo<T> info, string parameter)
    {
        ArgumentNullException.ThrowIfNull(info);
        return Explained(parameter, (fields, info), static (source, parameter) =>
        {
            using var json = ReusedJsonWriter.Take();
            JsonSerializer.Serialize(json.Writer, source.fields, source.info);
            return FieldsJson.Split(json.Finish(), parameter, stored: false);
        });
    }

    /// <summary>Turns an object with named properties into an element.</summary>
    public static JsonElement ToElement(object fields, JsonTypeInfo info, string parameter)
    {
        if (info.Kind is not (JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary))
        {
            throw new ArgumentException(
                $"A value of type {fields.GetType()} makes no JSON object. Pass an object with named properties, such as "
                + "new { theme = \"dark\" }.",
                parameter);
        }

        return Explained(parameter, (fields, info), static (source, _) =>
        {
            using var json = ReusedJsonWriter.Take();
            JsonSerializer.Serialize(json.Writer, source.fields, source.info);
            var readable = new JsonDocumentOptions { MaxDepth = FieldsJson.MaxReadableDepth };
            using var document = JsonDocument.Parse(json.Finish().ToArray(), readable);
            return document.RootElement.Clone();
        });
    }

    /// <summary>Makes one field of a typed value.</summary>
    public static SessionFields One<T>(string name, T value, JsonTypeInfo<T> info, string parameter) =>
        Explained(parameter, (name, value, info), static (source, _) =>
        {
            using var json = ReusedJsonWriter.Take();
            JsonSerializer.Serialize(json.Writer, source.value, source.info);
            return SessionFields.Create([new(source.name, json.Finish().ToArray())]);
        });

    /// <summary>Runs a conversion and turns its exceptions into ones about the argument.</summary>
    private static TResult Explained<TSource, TResult>(string parameter, TSource source, Func<TSource, string, TResult> convert)
    {
        try
        {
            return convert(source, parameter);
        }
        catch (ArgumentException exception) when (exception.ParamName != parameter)
        {
            string suffix = $" (Parameter '{exception.ParamName}')";
            throw new ArgumentException(exception.Message.Replace(suffix, "", StringComparison.Ordinal), parameter, exception);
        }
        catch (JsonException exception)
        {
            throw new ArgumentException(
                "The metadata cannot be written as JSON. It must be one JSON object, nested at most 32 deep.", parameter, exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new ArgumentException(
                "The metadata cannot be written as well-formed JSON. It must have no lone surrogate and no name twice in one object, and "
                + "must be nested at most 32 deep.",
                parameter,
                exception);
        }
    }
}
