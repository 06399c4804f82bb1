using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;

namespace Sact.Session.Tests;

/// <summary>
/// Random JSON objects, valid and invalid. What the strict reader of System.Text.Json accepts comes back byte for byte. What it refuses is
/// refused.
/// </summary>
[Trait("abuse", "H7")]
public sealed class RandomMetadata
{
    private static readonly JsonDocumentOptions s_lenient = new() { MaxDepth = 1_000 };

    // The object around the values adds one level.
    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = 33, AllowDuplicateProperties = false };

    [Fact]
    public void IsAcceptedOrRefusedExactlyAsTheStrictJsonReaderDoes()
    {
        int accepted = 0;
        int refused = 0;
        Gen.Byte.Array[0, 120].Sample(
            bytes =>
            {
                byte[] json = new JsonFromBytes(bytes).Object();
                using var given = Parse(json);
                if (given is null)
                {
                    return;
                }

                if (!IsStrict(json))
                {
                    refused++;
                    Assert.Throws<ArgumentException>("metadata", () => FieldsFromJson.From(given.RootElement, "metadata"));
                    return;
                }

                accepted++;
                var fields = FieldsFromJson.From(given.RootElement, "metadata");
                Assert.Equal(
                    given.RootElement.EnumerateObject().Select(property =>
                        (property.Name, Convert.ToHexString(JsonMarshal.GetRawUtf8Value(property.Value)))),
                    fields.Select(field => (field.Key, Convert.ToHexString(field.Value.Span))));

                // The strict reader also accepts what the library writes.
                Assert.True(fields.SameAs(JsonSerializer.Deserialize<SessionFields>(JsonSerializer.SerializeToUtf8Bytes(fields))));
            },
            iter: 20_000,
            threads: 1);

        // A generator that makes only one kind would prove nothing.
        Assert.True(accepted > 1_000 && refused > 1_000, $"{accepted} accepted, {refused} refused");
    }

    [Fact]
    public async Task ComesBackByteForByteFromTheSession()
    {
        var host = new SessionHost();
        await Gen.Byte.Array[0, 120].SampleAsync(
            async bytes =>
            {
                byte[] json = new JsonFromBytes(bytes).Object();
                using var given = Parse(json);
                if (given is null || !IsStrict(json))
                {
                    return;
                }

                var exchange = host.Request();
                await exchange.Session.SetAsync("alice", given.RootElement);
                var data = (await host.Request(exchange.SentId).Session.GetAsync())!;

                Assert.Equal(
                    given.RootElement.EnumerateObject().Select(property =>
                        (property.Name, Convert.ToHexString(JsonMarshal.GetRawUtf8Value(property.Value)))),
                    data.Fields.Select(field => (field.Key, Convert.ToHexString(field.Value.Span))));
            },
            iter: 1_000,
            threads: 1);
    }

    private static JsonDocument? Parse(byte[] json)
    {
        try
        {
            return JsonDocument.Parse(json, s_lenient);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsStrict(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_strict);
            ReadStrings(document.RootElement);
            return Utf8.IsValid(json) && document.RootElement.EnumerateObject().All(property => IsName(property.Name));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 128 && name[0] != '$' && !name.Any(char.IsControl);

    // A string with a lone surrogate parses. Only reading it throws.
    private static void ReadStrings(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    ReadStrings(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    ReadStrings(property.Value);
                }

                break;
        }
    }

    /// <summary>Makes JSON from random bytes, so that CsCheck can shrink a failing case.</summary>
    private sealed class JsonFromBytes(byte[] bytes)
    {
        private static readonly string[] s_pieces =
        [
            "a", "b", "\\u0061", "é", "😀", "\\ud83d\\ude00", "\\n", "\\\"", "\\u0000", "\\ud800", "$", "A", "/", "\\/", "", "e\u0301"
        ];
        private static readonly string[] s_plain =
        [
            "null", "true", "false", "0", "-0", "1.0", "1e20000", "9007199254740993", "-1.5E-7", "\"\""
        ];
        private static readonly string[] s_spaces = ["", "", "", " ", "\n\t", "\r"];
        private readonly StringBuilder _text = new();
        private int _at;

        public byte[] Object()
        {
            WriteObject(4);
            byte[] json = Encoding.UTF8.GetBytes(_text.ToString());
            if (Next(12) == 1)
            {
                json[Next(json.Length)] = (byte)Next(256);
            }

            return json;
        }

        // Zero when the bytes have run out. Every choice takes zero as its end.
        private int Next(int below) => _at < bytes.Length ? bytes[_at++] % below : 0;

        private void WriteObject(int depth)
        {
            _text.Append('{');
            for (int i = 0, count = Next(6); i < count; i++)
            {
                _text.Append(i == 0 ? "" : ",");
                Space();
                WriteString(1);
                Space();
                _text.Append(':');
                Space();
                WriteValue(depth - 1);
                Space();
            }

            _text.Append('}');
        }

        private void WriteValue(int depth)
        {
            switch (depth > 0 ? Next(8) : 0)
            {
                case 1 or 2:
                    WriteString(0);
                    break;
                case 3 or 4:
                    WriteObject(depth);
                    break;
                case 5:
                    _text.Append('[');
                    WriteValue(depth - 1);
                    Space();
                    _text.Append(']');
                    break;
                case 6:
                    int levels = 28 + Next(8);
                    _text.Append('[', levels).Append(']', levels);
                    break;
                default:
                    _text.Append(s_plain[Next(s_plain.Length)]);
                    break;
            }
        }

        private void WriteString(int atLeast)
        {
            _text.Append('"');
            for (int i = 0, count = atLeast + Next(4); i < count; i++)
            {
                _text.Append(s_pieces[Next(s_pieces.Length)]);
            }

            _text.Append('"');
        }

        private void Space() => _text.Append(s_spaces[Next(s_spaces.Length)]);
    }
}
