using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session;

/// <summary>How typed values meet JSON: the defaults, and the metadata that a type needs.</summary>
internal static partial class SessionJson
{
    public static JsonSerializerOptions DefaultOptions() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
    };

    /// <summary>A copy of the options that knows simple types without reflection, and all others with it where reflection is to be had.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reached only where the application has reflection-based serialisation switched on.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reached only where the application has reflection-based serialisation switched on.")]
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

    /// <exception cref="InvalidOperationException">Nothing is known of the type, as under Native AOT without a context for it.</exception>
    public static JsonTypeInfo<T> TypeInfo<T>(JsonSerializerOptions options) =>
        options.TryGetTypeInfo(typeof(T), out var info)
            ? (JsonTypeInfo<T>)info
            : throw new InvalidOperationException($"Nothing is known of {typeof(T)} without reflection. Add a JsonSerializerContext that names it to SactSessionOptions.SerializerOptions.TypeInfoResolverChain, or pass its JsonTypeInfo.");

    /// <summary>The value of a field; <c>default</c> where it is absent or <c>null</c>.</summary>
    public static T? Read<T>(SessionFields fields, string name, JsonTypeInfo<T> info) =>
        fields.TryGetValue(name, out var json) && !json.Span.SequenceEqual("null"u8) ? JsonSerializer.Deserialize(json.Span, info) : default;

    /// <summary>The text that a JSON string stands for. What the serializer would say of it, without its preparations.</summary>
    public static string Text(ReadOnlySpan<byte> json)
    {
        // Nothing is escaped in most texts, and then what stands between the quotation marks is the text.
        if (json.Length >= 2 && json[^1] == (byte)'"' && !json[1..^1].ContainsAny((byte)'\\', (byte)'"'))
        {
            return Encoding.UTF8.GetString(json[1..^1]);
        }

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
