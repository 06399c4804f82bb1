using System.Text;
using System.Text.Json;
using CsCheck;

namespace Sact.Session.Tests;

/// <summary>Session fields are compared with the simplest correct model: a list of pairs.</summary>
public sealed class SessionFieldsAgainstAModel
{
    private static readonly string[] s_names = ["a", "A", "b", "é", "e\u0301", "😀", "$x", "$", "\"", new('n', 128), new('é', 128)];
    private static readonly string[] s_values = ["1", "1.0", "null", "\"x\"", "{\"a\":[1]}", "[]", "\"" + new string('v', 300) + "\""];

    private static readonly Gen<(string Name, string Value)[]> s_pairs =
        Gen.Select(OneOf(s_names), OneOf(s_values)).Array[0, 8]
            .Select(pairs => pairs.DistinctBy(pair => pair.Item1).Select(pair => (pair.Item1, pair.Item2)).ToArray());

    private static readonly Gen<string[]> s_removed = OneOf([.. s_names, "never there", "", "\ud800"]).Array[0, 4];

    [Fact]
    public void MergingMatchesAListOfPairs() =>
        Gen.Select(s_pairs, Gen.Select(s_pairs, s_removed).Array[0, 6]).Sample(
            (first, changes) =>
            {
                var fields = SessionFields.Create(Packed(first));
                var model = first.ToList();
                AssertSame(model, fields);
                foreach (var (set, removed) in changes)
                {
                    var before = model.ToList();
                    var merged = fields.Merge(
                        set.Length == 0 && removed.Length % 2 == 0 ? null : SessionFields.Create(Packed(set)),
                        removed.Length == 0 ? null : removed);
                    foreach (var pair in set)
                    {
                        int at = model.FindIndex(field => field.Name == pair.Name);
                        if (at < 0)
                        {
                            model.Add(pair);
                        }
                        else
                        {
                            model[at] = pair;
                        }
                    }

                    model.RemoveAll(field => removed.Contains(field.Name) && !set.Any(pair => pair.Name == field.Name));
                    AssertSame(model, merged);

                    // Merging does not change the original.
                    AssertSame(before, fields);
                    fields = merged;
                }
            },
            iter: 3_000);

    [Fact]
    public void EqualityComparesNamesAndBytesAndIgnoresOrder() =>
        Gen.Select(s_pairs, s_pairs).Sample(
            (left, right) =>
            {
                var fields = SessionFields.Create(Packed(left));
                Assert.True(fields.SameAs(SessionFields.Restore(Packed([.. left.Reverse()]))));
                Assert.Equal(left.ToHashSet().SetEquals(right), fields.SameAs(SessionFields.Create(Packed(right))));
                Assert.False(fields.SameAs(null));
            },
            iter: 3_000);

    [Fact]
    public void MergingNothingReturnsTheSameObject()
    {
        var fields = SessionFields.Create(Packed([("a", "1")]));

        Assert.Same(fields, fields.Merge(null));
        Assert.Same(fields, fields.Merge(SessionFields.Empty, []));
        Assert.Same(SessionFields.Empty, SessionFields.Create([]));
        Assert.Same(fields, fields.WithoutReserved());
    }

    [Fact]
    public void LaterWritesToTheGivenBytesDoNotChangeThem()
    {
        byte[] mine = [.. "\"x\""u8];

        var created = SessionFields.Create([new("a", mine)]);
        var restored = SessionFields.Restore([new("a", mine)]);
        mine[1] = (byte)'y';

        Assert.Equal("\"x\"", Text(created, "a"));
        Assert.Equal("\"x\"", Text(restored, "a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1 2")]
    [InlineData("{")]
    [InlineData("\"")]
    [InlineData("undefined")]
    [InlineData("NaN")]
    [InlineData("01")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("\"\\ud800\"")]
    [InlineData("/**/1")]
    public void CreateRefusesAnythingButOneStrictJsonValue(string value) =>
        Assert.Throws<ArgumentException>("fields", () => SessionFields.Create(Packed([("a", value)])));

    [Fact]
    public void DuplicateAndInvalidNamesAreRefused()
    {
        Assert.Throws<ArgumentException>("fields", () => SessionFields.Create(Packed([("a", "1"), ("a", "1")])));
        Assert.Throws<ArgumentException>("fields", () => SessionFields.Restore(Packed([("a", "1"), ("a", "1")])));
        Assert.Throws<ArgumentException>("fields", () => SessionFields.Restore(Packed([("", "1")])));
        Assert.Throws<ArgumentException>("fields", () => SessionFields.Restore(Packed([("a", "")])));
        Assert.Throws<ArgumentException>("fields", () => SessionFields.Create(Packed([("a\0", "1")])));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"\":1}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    public void DeserializingJsonAppliesTheSameRules(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SessionFields>(json));

    private static Gen<string> OneOf(string[] of) => Gen.Int[0, of.Length - 1].Select(i => of[i]);

    private static IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> Packed((string Name, string Value)[] pairs) =>
        pairs.Select(pair => new KeyValuePair<string, ReadOnlyMemory<byte>>(pair.Name, Encoding.UTF8.GetBytes(pair.Value)));

    private static void AssertSame(List<(string Name, string Value)> model, SessionFields fields)
    {
        Assert.Equal(model, fields.Select(field => (field.Key, Encoding.UTF8.GetString(field.Value.Span))));
        Assert.Equal(model.Count, fields.Count);
        Assert.Equal(model.Sum(field => Encoding.UTF8.GetByteCount(field.Name) + field.Value.Length), fields.SizeInBytes);
        foreach (string name in s_names.Append("never there").Append("\ud800").Append(new string('n', 129)))
        {
            Assert.Equal(model.Where(field => field.Name == name).Select(field => field.Value).SingleOrDefault(), Text(fields, name));
            Assert.Equal(model.Any(field => field.Name == name), fields.Contains(name));
        }

        using var written = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(fields));
        Assert.Equal(model, written.RootElement.EnumerateObject().Select(property => (property.Name, property.Value.GetRawText())));
        Assert.Equal(
            model.Where(field => field.Name[0] != '$'),
            fields.WithoutReserved().Select(field => (field.Key, Encoding.UTF8.GetString(field.Value.Span))));
    }

    private static string? Text(SessionFields fields, string name) =>
        fields.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value.Span) : null;
}
