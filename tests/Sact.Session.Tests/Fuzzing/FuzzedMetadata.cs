using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sact.Session.Tests.Fuzzing;

/// <summary>
/// JSON objects of every kind as metadata. They come back byte for byte through fields, packed fields and JSON, or are refused with an
/// <see cref="ArgumentException"/>.
/// </summary>
[Trait("seeds", "fuzzing")]
public sealed class FuzzedMetadata
{
    private static readonly JsonDocumentOptions s_lenient = new() { MaxDepth = 1_000 };

    private static readonly string[] s_numbers =
        ["0", "-0", "1.0", "1e20000", "-1E-400", "9007199254740993", "0.1", "123456789012345678901234567890"];

    private static readonly string[] s_names =
    [
        "a", "A", "b.c", "__proto__", "$a", "$~a", "", "名前", "\\u0061", "\\ud83d\\ude00", "\\ud800", "\\u0000", "a\\/b",
    ];

    [Fact]
    [Trait("abuse", "H4")]
    [Trait("abuse", "H6")]
    [Trait("abuse", "H7")]
    public Task ComesBackByteForByteOrIsRefused() =>
        FuzzRun.RunAsync("metadata", one => new(One(one)), ["accepted", "refused", "no JSON", "damaged fields", "fields"]);

    private static string One(SeededNumbers numbers)
    {
        var mutator = new Mutator(numbers);
        if (numbers.Percent(25))
        {
            return OfPackedFields(numbers, mutator);
        }

        string given = Object(numbers, 0);
        byte[] json = Encoding.UTF8.GetBytes(numbers.Percent(40) ? mutator.String(given, "{\"a\":[1,{\"b\":null}]}") : given);
        json = numbers.Percent(15) ? mutator.Bytes(json, [0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xff, 0xef, 0xbb, 0xbf]) : json;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, s_lenient);
        }
        catch (JsonException)
        {
            Assert.Throws<ArgumentException>(() => SessionFields.RestoreJson(json));
            return "no JSON";
        }

        using (document)
        {
            return OfElement(document.RootElement);
        }
    }

    private static string OfElement(JsonElement element)
    {
        SessionFields fields;
        try
        {
            fields = FieldsFromJson.From(element, "metadata");
        }
        catch (ArgumentException refusal)
        {
            Assert.Equal("metadata", refusal.ParamName);
            return "refused";
        }

        Assert.Equal(
            element.EnumerateObject().Select(static property =>
                (property.Name, Convert.ToHexString(JsonMarshal.GetRawUtf8Value(property.Value)))),
            fields.Select(static field => (field.Key, Convert.ToHexString(field.Value.Span))));
        Assert.DoesNotContain(fields, static field => field.Key.StartsWith('$'));
        Assert.True(fields.SameAs(SessionFields.Unpack(fields.Packed.AsSpan())));
        Assert.True(fields.SameAs(SessionFields.RestoreJson(fields.ToJson())));
        Assert.True(fields.SameAs(SessionFields.Create(fields)));

        // The way through JsonObject writes strings in another form. What they mean is the same.
        var node = JsonNode.Parse(fields.ToJson(), documentOptions: s_lenient)!.AsObject();
        var again = FieldsFromJson.From(node, "metadata");
        Assert.Equal(fields.Select(static field => field.Key), again.Select(static field => field.Key));
        var twice = FieldsFromJson.From(JsonNode.Parse(again.ToJson(), documentOptions: s_lenient)!.AsObject(), "metadata");
        Assert.Equal(Convert.ToHexString(again.Packed.AsSpan()), Convert.ToHexString(twice.Packed.AsSpan()));
        return "accepted";
    }

    /// <summary>The form in which a record keeps fields: read as exactly these bytes, or refused as damaged.</summary>
    private static string OfPackedFields(SeededNumbers numbers, Mutator mutator)
    {
        var fields = SessionFields.Create(Enumerable.Range(0, 1 + numbers.Below(4)).Select(i => KeyValuePair.Create(
            $"n{i}{new string('x', numbers.Below(90))}",
            (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"\"{new string('v', numbers.Below(200))}\""))));
        byte[] bytes = mutator.Bytes(fields.Packed.AsSpan().ToArray(), numbers.Bytes(40));
        SessionFields read;
        try
        {
            read = SessionFields.Unpack(bytes);
        }
        catch (FormatException)
        {
            return "damaged fields";
        }

        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(read.Packed.AsSpan()));
        int count = 0;
        foreach (var (name, _) in read)
        {
            read.TryGetValue(name, out _);
            count++;
        }

        Assert.Equal(read.Count, count);

        read.Merge(fields, ["n0"]).ToJson();
        return "fields";
    }

    private static string Object(SeededNumbers numbers, int depth)
    {
        var members = Enumerable.Range(0, numbers.Below(5)).Select(i =>
            $"\"{(numbers.Percent(60) ? $"n{i}" : numbers.Of(s_names))}\"{(numbers.Percent(10) ? " " : "")}:{Value(numbers, depth + 1)}");
        return $"{{{string.Join(numbers.Percent(10) ? " , " : ",", members)}}}";
    }

    private static string Value(SeededNumbers numbers, int depth) => numbers.Below(depth > 4 ? 6 : 9) switch
    {
        0 => numbers.Of(s_numbers),
        1 => numbers.Of((string[])["null", "true", "false"]),
        2 => $"\"{numbers.Of(s_names)}\"",
        3 => numbers.Next().ToString(CultureInfo.InvariantCulture),
        4 when numbers.Percent(10) => Nested(numbers.Of((int[])[30, 31, 32, 33, 500])),
        4 or 5 => $"\"{new string('s', numbers.Below(40))}\"",
        6 => $"[{string.Join(',', Enumerable.Range(0, numbers.Below(4)).Select(_ => Value(numbers, depth + 1)))}]",
        _ => Object(numbers, depth),
    };

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);
}
