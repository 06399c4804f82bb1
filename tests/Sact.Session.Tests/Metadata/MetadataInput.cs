using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Sact.Session.Tests;

/// <summary>Metadata in every form that the session accepts, read back afterwards.</summary>
public sealed partial class MetadataInput
{
    private static readonly string[] s_unusualValues =
    [
        "1e20000", "-0", "1.0", "9007199254740993", "null", "\"\\u0000\"", "\"\\u00e9\"", "\"é😀\"", "\"\\ud83d\\ude00\"",
        "{\"b\":1,\"a\":2}", "{ \"b\" : [ 1 ,\n2 ] }", "\"\\/\"", "[]", "{}", "true",
        "123456789012345678901234567890.000",
    ];

    [Fact]
    public async Task ATargetTypedNewCompilesAsAJsonObject()
    {
        var host = new SessionHost();
        var exchange = host.Request();

        // The documentation shows this form. It must compile against the class (here) and the interface (below).
        await exchange.Session.SetAsync("alice", new() { ["n"] = 1 });
        Assert.True(await exchange.Session.UpdateAsync(new() { ["m"] = "x" }));
        await ByInterface(exchange.Session);

        var data = await host.Request(exchange.SentId).Session.GetAsync();
        Assert.Equal(1, data?.Get<int>("n"));
        Assert.Equal("y", data?["m"]);

        static async Task ByInterface(ISession<IGenericStore> session)
        {
            await session.SetAsync("alice", new() { ["n"] = 1 });
            Assert.True(await session.UpdateAsync(new() { ["m"] = "y" }));
        }
    }

    [Fact]
    public async Task NoMetadataMeansNoFields()
    {
        var host = new SessionHost();

        var bare = host.Request();
        await bare.Session.SetAsync("alice");
        var nothing = host.Request();
        await nothing.Session.SetAsync("alice", null);
        var empty = host.Request();
        await empty.Session.SetAsync("alice", new JsonObject());

        foreach (var exchange in new[] { bare, nothing, empty })
        {
            Assert.Equal(0, (await exchange.Session.GetAsync())?.Fields.Count);
        }
    }

    [Fact]
    public async Task EveryFormGivesTheSameFields()
    {
        var host = new SessionHost();
        using var document = JsonDocument.Parse("""{"a":"x","b":1}""");
        var forms = new Dictionary<string, Func<Session<ProbeStore>, ValueTask>>
        {
            ["object"] = session => session.SetAsync("alice", new JsonObject { ["a"] = "x", ["b"] = 1 }),
            ["parsed object"] = session => session.SetAsync("alice", JsonNode.Parse("""{ "a" : "x" , "b" : 1 }""")!.AsObject()),
            ["element"] = session => session.SetAsync("alice", document.RootElement),
            ["typed"] = session => session.SetAsync("alice", new Pair("x", 1), Types.Default.Pair),
            ["anonymous"] = session => session.SetAsync("alice", new { A = "x", B = 1 }),
            ["dictionary"] = session => session.SetAsync("alice", (object)new Dictionary<string, object> { ["a"] = "x", ["b"] = 1 }),
        };

        foreach (var (form, sign) in forms)
        {
            var exchange = host.Request();
            await sign(exchange.Session);
            var fields = (await host.Request(exchange.SentId).Session.GetAsync())!.Fields;
            Assert.Equal(
                (form, "a=\"x\", b=1"),
                (form, string.Join(", ", fields.Select(field => $"{field.Key}={Encoding.UTF8.GetString(field.Value.Span)}"))));
        }
    }

    [Fact]
    public async Task LaterChangesByTheCallerDoNotReachTheSession()
    {
        var host = new SessionHost();
        var mine = new JsonObject { ["a"] = "x" };
        string id = await host.SignInAsync("alice", mine);

        mine["a"] = "y";

        Assert.Equal("x", (await host.Request(id).Session.GetAsync())?["a"]);
    }

    [Fact]
    public async Task NullIsAValueAndDoesNotRemoveTheField()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["a"] = null, ["b"] = 1, ["c"] = 2 });

        await host.Request(id).Session.UpdateAsync(new() { ["b"] = null });
        await host.Request(id).Session.RemoveAsync("c", "never set");
        var data = await host.Request(id).Session.GetAsync();

        Assert.Equal(["a", "b"], data!.Fields.Select(field => field.Key));
        Assert.True(data.Fields.Contains("a"));
        Assert.Null(data.Get<int?>("b"));
    }

    [Fact]
    [Trait("abuse", "H7")]
    public async Task UnusualValuesComeBackByteForByte()
    {
        var host = new SessionHost();
        string json = "{" + string.Join(",", s_unusualValues.Select((value, i) => $"\"f{i}\": {value} ")) + "}";
        using var document = JsonDocument.Parse(json);
        var signIn = host.Request();
        await signIn.Session.SetAsync("alice", document.RootElement);
        string updated = await host.SignInAsync("alice");
        Assert.True(await host.Request(updated).Session.UpdateAsync(document.RootElement));

        foreach (string? id in new[] { signIn.SentId, updated })
        {
            var data = (await host.Request(id).Session.GetAsync())!;
            Assert.Equal(s_unusualValues, data.Fields.Select(field => Encoding.UTF8.GetString(field.Value.Span)));
            Assert.Equal(
                "{" + string.Join(",", s_unusualValues.Select((value, i) => $"\"f{i}\":{value}")) + "}",
                JsonSerializer.Serialize(data.Fields));
        }
    }

    [Fact]
    [Trait("abuse", "H6")]
    public async Task UnusualNamesComeBackByteForByte()
    {
        var host = new SessionHost();
        string[] names =
        [
            "name", "Name", "NAME", "\"", "'", "a.b", "{x}", "[0]", "__proto__", "constructor", "a b", "\\", "%00", "é", "e\u0301", "😀",
            ":", "a$", new string('n', 128), new string('é', 128)
        ];
        var given = new JsonObject();
        for (int i = 0; i < names.Length; i++)
        {
            given.Add(names[i], i);
        }

        string id = await host.SignInAsync("alice", given);
        await host.Request(id).Session.UpdateAsync(new() { ["name"] = 100 });
        var fields = (await host.Request(id).Session.GetAsync())!.Fields;
        using var written = JsonDocument.Parse(JsonSerializer.Serialize(fields));

        Assert.Equal(names, fields.Select(field => field.Key));
        Assert.Equal(names, written.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            Enumerable.Range(0, names.Length).Select(i => i == 0 ? 100 : i),
            written.RootElement.EnumerateObject().Select(property => property.Value.GetInt32()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "H4")]
    public async Task ThirtyTwoLevelsAreAcceptedAndThirtyThreeAreRefused(bool arrays)
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        string Nested(int depth) => arrays
            ? new string('[', depth) + new string(']', depth)
            : string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{}" + new string('}', depth - 1);
        using var deep = JsonDocument.Parse($$"""{"a":{{Nested(32)}}}""");
        using var tooDeep = JsonDocument.Parse($$"""{"a":{{Nested(33)}}}""");

        Assert.True(await host.Request(id).Session.UpdateAsync(deep.RootElement));
        Assert.True(await host.Request(id).Session.UpdateAsync(JsonNode.Parse(deep.RootElement.GetRawText())!.AsObject()));
        await Assert.ThrowsAsync<ArgumentException>(() => host.Request(id).Session.UpdateAsync(tooDeep.RootElement).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() =>
            host.Request(id).Session.UpdateAsync(JsonNode.Parse(tooDeep.RootElement.GetRawText())!.AsObject()).AsTask());

        var data = (await host.Request(id).Session.GetAsync())!;
        Assert.True(data.Fields.TryGetValue("a", out var kept));
        Assert.Equal(Nested(32), Encoding.UTF8.GetString(kept.Span));

        // The value can also be read by type, one level deeper because of the object around it.
        Assert.Equal(Nested(32), data.Get<JsonElement>("a").GetRawText());
        Assert.Equal(Nested(32), data.As<JsonElement>().GetProperty("a").GetRawText());
    }

    internal sealed record Pair(string A, int B);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Pair))]
    internal sealed partial class Types : JsonSerializerContext;
}
