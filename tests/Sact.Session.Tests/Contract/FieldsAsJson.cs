using System.Text;
using System.Text.Json;

namespace Sact.Session.Tests;

/// <summary>The form of fields that a store can keep in one column.</summary>
public sealed class FieldsAsJson
{
    [Fact]
    public void ComeBackByteForByte()
    {
        var fields = Fields(("a", "1"), ("$b", "{\"x\": [1,  2]}"), ("Zoë", "\"\\u00e9\""), ("n", "null"));

        byte[] json = fields.ToJson();

        Assert.Equal("{\"a\":1,\"$b\":{\"x\": [1,  2]},\"Zo\\u00EB\":\"\\u00e9\",\"n\":null}", Encoding.UTF8.GetString(json));
        Assert.True(SessionFields.RestoreJson(json).SameAs(fields));
        Assert.Equal("{}"u8, SessionFields.Empty.ToJson());
        Assert.True(JsonSerializer.Deserialize<SessionFields>(JsonSerializer.Serialize(fields))!.SameAs(fields));
    }

    [Theory]
    [InlineData("", "The bytes are not one JSON object")]
    [InlineData("{", "The bytes are not one JSON object")]
    [InlineData("{\"\\ud800\":1}", "The bytes are not one JSON object")]
    [InlineData("[1]", "The JSON is not an object")]
    [InlineData("{\"\":1}", "A field name has 0 characters")]
    public void ThatNobodyWroteAreRefused(string json, string expected)
    {
        var refusal = Assert.Throws<ArgumentException>(() => SessionFields.RestoreJson(Encoding.UTF8.GetBytes(json)));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]", "The JSON is not an object")]
    [InlineData("{\"a\":1,\"a\":2}", "The inner exception names the rule")]
    [InlineData("{\"\":1}", "The inner exception names the rule")]
    public void OfAnApplicationAreRefusedAsJson(string json, string expected)
    {
        var refusal = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SessionFields>(json));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty. Use the JSON value null")]
    [InlineData(" 1", "has white space before or after")]
    [InlineData("1 ", "has white space before or after")]
    [InlineData("1 2", "is not one valid JSON value")]
    [InlineData("{", "is not one valid JSON value")]
    [InlineData("\"\\ud800\"", "has a lone surrogate")]
    public void WithAnInvalidValueAreRefusedByTheName(string value, string expected)
    {
        var refusal = Assert.Throws<ArgumentException>(() => Fields(("the name", value)));

        Assert.Contains($"The value of the field 'the name' {expected}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AreRestoredWithoutALookAtTheirValues()
    {
        var restored = SessionFields.Restore([KeyValuePair.Create("a", (ReadOnlyMemory<byte>)"not JSON"u8.ToArray())]);

        Assert.True(restored.TryGetValue("a", out var value));
        Assert.Equal("not JSON"u8, value.Span);
        var refusal = Assert.Throws<ArgumentException>(() => SessionFields.Restore([KeyValuePair.Create("a", ReadOnlyMemory<byte>.Empty)]));
        Assert.Contains("is empty, which no JSON value is", refusal.Message, StringComparison.Ordinal);
    }

    private static SessionFields Fields(params (string Name, string Value)[] fields) => SessionFields.Create(
        fields.Select(field => KeyValuePair.Create(field.Name, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(field.Value))));
}
