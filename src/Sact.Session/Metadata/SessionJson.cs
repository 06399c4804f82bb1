using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session;

/// <summary>The JSON options of typed values, and the reading of such values from fields.</summary>
internal static partial class SessionJson
{
    public static JsonSerializerOptions DefaultOptions() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
    };

    /// <summary>
    /// Copies the options and adds the metadata of simple types, which need no reflection. It adds reflection for all other types where the
    /// application has it switched on.
    /// </summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reached only where reflection-based serialisation is on.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reached only where reflection-based serialisation is on.")]
    public static JsonSerializerOptions Complete(JsonSerializerOptions options)
    {
        var complete = new JsonSerializerOptions(options);
        var chain = complete.TypeInfoResolverChain;
        chain.Add(SimpleTypes.Default);
        if (JsonSerializer.IsReflectionEnabledByDefault && !chain.OfType<DefaultJsonTypeInfoResolver>().Any())
        {
            chain.Add(new DefaultJsonTypeInfoResolver());
        }

        complete.MakeReadOnly();
        return complete;
    }

    /// <exception cref="InvalidOperationException">The options have no metadata for the type, as under Native AOT.</exception>
    public static JsonTypeInfo<T> TypeInfo<T>(JsonSerializerOptions options) => options.TryGetTypeInfo(typeof(T), out var info)
        ? (JsonTypeInfo<T>)info
        : throw new InvalidOperationException(
            $"There is no JSON metadata for {typeof(T)}, and reflection is off. Add a JsonSerializerContext with this type to "
            + "SactSessionOptions.SerializerOptions.TypeInfoResolverChain, or pass the JsonTypeInfo of the type.");

    /// <summary>Reads the value of a field.</summary>
    /// <returns>The value; <c>default</c> if the field is absent or <c>null</c>.</returns>
    /// <exception cref="JsonException">The value does not fit the type. The message names the field and never the value.</exception>
    public static T? Read<T>(SessionFields fields, string name, JsonTypeInfo<T> info)
    {
        return Read(fields.TryGetValue(name, out var json) ? json : default, name, info);
    }

    /// <summary>Reads a value; <c>default</c> if it is absent (empty) or <c>null</c>.</summary>
    /// <exception cref="JsonException">The value does not fit the type. The message names the field.</exception>
    public static T? Read<T>(ReadOnlyMemory<byte> json, string name, JsonTypeInfo<T> info)
    {
        if (json.IsEmpty || json.Span.SequenceEqual("null"u8))
        {
            return default;
        }

        try
        {
            return JsonSerializer.Deserialize(json.Span, info);
        }
        catch (JsonException exception)
        {
            throw new JsonException(
                $"The value of the field '{FieldNameRule.Shown(name)}' does not fit {typeof(T)}. Read it as the type that was written.",
                exception.Path, exception.LineNumber, exception.BytePositionInLine, exception);
        }
    }

    /// <summary>Reads a JSON string.</summary>
    public static string Text(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return reader.GetString()!;
    }

    [JsonSerializable(typeof(string))]
    [JsonSerializable(typeof(bool))]
    [JsonSerializable(typeof(bool?))]
    [JsonSerializable(typeof(int))]
    [JsonSerializable(typeof(int?))]
    [JsonSerializable(typeof(long))]
    [JsonSerializable(typeof(long?))]
    [JsonSerializable(typeof(double))]
    [JsonSerializable(typeof(double?))]
    [JsonSerializable(typeof(decimal))]
    [JsonSerializable(typeof(decimal?))]
    [JsonSerializable(typeof(Guid))]
    [JsonSerializable(typeof(Guid?))]
    [JsonSerializable(typeof(DateTimeOffset))]
    [JsonSerializable(typeof(DateTimeOffset?))]
    [JsonSerializable(typeof(string[]))]
    [JsonSerializable(typeof(List<string>))]
    [JsonSerializable(typeof(JsonElement))]
    [JsonSerializable(typeof(JsonObject))]
    [JsonSerializable(typeof(JsonNode))]
    [JsonSerializable(typeof(SessionKey))]
    [JsonSerializable(typeof(SessionFields))]
    private sealed partial class SimpleTypes : JsonSerializerContext;
}
