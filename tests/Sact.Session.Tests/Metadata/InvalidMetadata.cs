using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session.Tests;

/// <summary>
/// Metadata that breaks a rule, in every form that the session accepts. The session refuses it before it writes anything. The message names
/// the argument and the rule, never the value.
/// </summary>
[Trait("abuse", "H6")]
public sealed class InvalidMetadata
{
    private const string Canary = "canary-5e1f";

    private static readonly Dictionary<string, (string Rule, Func<ISession<IGenericStore>, bool, ValueTask> Pass)> s_cases = new()
    {
        ["object: lone surrogate in a value"] = ("surrogate", Object(() => new() { ["a"] = Canary + "\ud800" })),
        ["object: lone low surrogate in a nested value"] = ("surrogate", Object(() => new() { ["a"] = new JsonArray("\udc00" + Canary) })),
        ["object: lone surrogate in a name"] = ("surrogate", Object(() => new() { [Canary + "\ud800"] = 1 })),
        ["object: lone surrogate in a nested name"] = (
            "surrogate", Object(() => new() { ["a"] = new JsonObject { [Canary + "\ud800"] = 1 } })),
        ["object: escaped surrogate in a parsed value"] = ("surrogate", Parsed("""{"a":"canary-5e1f\ud800"}""")),
        ["object: escaped surrogate in a parsed name"] = ("surrogate", Parsed("""{"canary-5e1f\ud800":1}""")),
        ["object: a duplicate name, parsed"] = ("once", Parsed("""{"a":"canary-5e1f","a":2}""")),
        ["object: a nested duplicate name, parsed"] = ("twice", Parsed("""{"a":{"b":"canary-5e1f","b":2}}""")),
        ["object: NaN"] = ("JSON", Object(() => new() { ["a"] = double.NaN })),
        ["object: empty name"] = ("1 to 128", Object(() => new() { [""] = Canary })),
        ["object: name of 129"] = ("1 to 128", Object(() => new() { [new string('a', 129)] = Canary })),
        ["object: name of 10 KB"] = ("1 to 128", Object(() => new() { [Canary + new string('a', 10_240)] = 1 })),
        ["object: NUL in a name"] = ("control", Object(() => new() { [Canary + "\0"] = 1 })),
        ["object: C1 control in a name"] = ("control", Object(() => new() { [Canary + "\u0085"] = 1 })),
        ["object: a reserved name"] = ("'$'", Object(() => new() { ["$claims"] = Canary })),
        ["object: 33 deep"] = ("32 deep", Object(() => new() { ["a"] = JsonNode.Parse(Deep(33)) })),
        ["object: 2,000 deep"] = (
            "32 deep", Object(() => new() { ["a"] = JsonNode.Parse(Deep(2_000), documentOptions: new() { MaxDepth = 3_000 }) })),

        ["element: undefined"] = ("undefined", ByElement(() => default)),
        ["element: an array"] = ("one JSON object", Element("""["canary-5e1f"]""")),
        ["element: a string"] = ("one JSON object", Element("\"canary-5e1f\"")),
        ["element: null"] = ("one JSON object", Element("null")),
        ["element: a number"] = ("one JSON object", Element("1")),
        ["element: escaped surrogate in a value"] = ("surrogate", Element("""{"a":"canary-5e1f\ud800"}""")),
        ["element: escaped surrogate in a nested value"] = ("surrogate", Element("""{"a":[{"b":"canary-5e1f\udfff"}]}""")),
        ["element: escaped surrogate in a name"] = ("surrogate", Element("""{"canary-5e1f\ud800":1}""")),
        ["element: escaped surrogate in a nested name"] = ("surrogate", Element("""{"a":{"canary-5e1f\ud800":1}}""")),
        ["element: a duplicate name"] = ("once", Element("""{"a":"canary-5e1f","a":2}""")),
        ["element: a duplicate name, escaped once"] = ("once", Element("""{"a":"canary-5e1f","\u0061":2}""")),
        ["element: a nested duplicate name"] = ("twice", Element("""{"a":[{"b":{"c":"canary-5e1f","c":2}}]}""")),
        ["element: a nested duplicate name, escaped once"] = ("twice", Element("""{"a":{"b":"canary-5e1f","\u0062":2}}""")),
        ["element: invalid UTF-8 in a value"] = ("UTF-8", Bytes([.. "{\"a\":\"canary-5e1f"u8, 0xC3, 0x28, .. "\"}"u8])),
        ["element: invalid UTF-8 in a name"] = ("well-formed", Bytes([.. "{\"canary-5e1f"u8, 0xC3, 0x28, .. "\":1}"u8])),
        ["element: UTF-8 of a surrogate"] = ("UTF-8", Bytes([.. "{\"a\":\"canary-5e1f"u8, 0xED, 0xA0, 0x80, .. "\"}"u8])),
        ["element: a reserved name"] = ("'$'", Element("""{"$claims":"canary-5e1f"}""")),
        ["element: a reserved name, escaped"] = ("'$'", Element("""{"\u0024claims":"canary-5e1f"}""")),
        ["element: NUL in a name"] = ("control", Element("""{"canary-5e1f\u0000":1}""")),
        ["element: empty name"] = ("1 to 128", Element("""{"":"canary-5e1f"}""")),
        ["element: 33 deep"] = ("32 deep", Element($$"""{"a":{{Deep(33)}}}""")),
        ["element: 2,000 deep"] = ("32 deep", Element($$"""{"a":{{Deep(2_000)}}}""")),
        ["element: a comment in a value"] = ("JSON", Element("""{"a":[1/*canary-5e1f*/]}""")),
        ["element: a trailing comma"] = ("JSON", Element("""{"a":["canary-5e1f",]}""")),

        ["typed: a string"] = ("one JSON object", Typed(Canary)),
        ["typed: an array"] = ("one JSON object", Typed(new[] { Canary })),
        ["typed: null"] = ("one JSON object", Typed<One>(null!)),
        ["typed: lone surrogate in a value"] = ("surrogate", Typed(new One(Canary + "\ud800"))),
        ["typed: lone surrogate in a name"] = ("surrogate", Typed(new Dictionary<string, int> { [Canary + "\ud800"] = 1 })),
        ["typed: a reserved name"] = ("'$'", Typed(new Reserved(Canary))),
        ["typed: an invalid name"] = ("control", Typed(new Dictionary<string, int> { [Canary + "\n"] = 1 })),
        ["typed: NaN"] = ("JSON", Typed(new Dictionary<string, double> { ["a"] = double.NaN })),
        ["typed: a cycle"] = ("32 deep", Typed(Cycle())),

        ["any object: a token"] = ("CancellationToken", Any(CancellationToken.None)),
        ["any object: a string"] = ("no JSON object", Any(Canary)),
        ["any object: a number"] = ("no JSON object", Any(1)),
        ["any object: a list"] = ("no JSON object", Any(new List<string> { Canary })),
        ["any object: an array of objects"] = ("no JSON object", Any(new[] { new { a = Canary } })),
        ["any object: a JSON array"] = ("no JSON object", Any(new JsonArray(Canary))),
        ["any object: lone surrogate in a value"] = ("surrogate", Any(new { a = Canary + "\ud800" })),
        ["any object: lone surrogate in a name"] = ("surrogate", Any(new Dictionary<string, string> { ["\udfff"] = Canary })),
        ["any object: a reserved name"] = ("'$'", Any(new Reserved(Canary))),
        ["any object: a cycle"] = ("32 deep", Any(Cycle())),
        ["any object: 33 deep"] = ("32 deep", Any(new { a = JsonNode.Parse(Deep(33)) })),
        ["any object: 100 deep"] = ("32 deep", Any(new { a = JsonNode.Parse(Deep(100), documentOptions: new() { MaxDepth = 200 }) })),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task IsRefusedAtSignInAndChangesNothing(string which)
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["kept"] = 1 });
        await host.WhoAsync(id);
        var before = await host.Memory.GetAsync(host.Memory.GetSessionKey(id));
        host.Store.Reset();
        var exchange = host.Request(id);

        var fault = await Assert.ThrowsAnyAsync<ArgumentException>(() => s_cases[which].Pass(exchange.Session, true).AsTask());

        Assert.Equal("metadata", fault.ParamName);
        Assert.Contains(s_cases[which].Rule, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, fault.ToString(), StringComparison.Ordinal);
        Assert.Empty(exchange.SetCookies);
        Assert.Empty(host.Store.Calls);
        Assert.Same(before, await host.Memory.GetAsync(host.Memory.GetSessionKey(id)));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task IsRefusedInAnUpdateAndChangesNothing(string which)
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["kept"] = 1 });
        await host.WhoAsync(id);
        var before = await host.Memory.GetAsync(host.Memory.GetSessionKey(id));
        host.Store.Reset();
        var exchange = host.Request(id);

        var fault = await Assert.ThrowsAnyAsync<ArgumentException>(() => s_cases[which].Pass(exchange.Session, false).AsTask());

        Assert.Equal("fields", fault.ParamName);
        Assert.Contains(s_cases[which].Rule, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, fault.ToString(), StringComparison.Ordinal);
        Assert.Empty(exchange.SetCookies);
        Assert.Equal(0, host.Store.Count("update"));
        Assert.Same(before, await host.Memory.GetAsync(host.Memory.GetSessionKey(id)));
    }

    [Theory]
    [InlineData("empty", "1 to 128")]
    [InlineData("NUL", "control")]
    [InlineData("reserved", "'$'")]
    [InlineData("lone surrogate", "surrogate")]
    public async Task AnInvalidNameIsRefusedWhereverANameIsGiven(string which, string rule)
    {
        // The name is made here because xunit stores a theory's data as UTF-8, which has no lone surrogate.
        string name = which switch { "empty" => "", "NUL" => "a\0b", "reserved" => "$claims", _ => "\ud800" };
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["kept"] = 1 });
        var session = host.Request(id).Session;
        bool ran = false;

        var modify = await Assert.ThrowsAsync<ArgumentException>(() =>
            session.ModifyAsync<int>(name, _ => { ran = true; return 1; }).AsTask());
        var remove = await Assert.ThrowsAsync<ArgumentException>(() => session.RemoveAsync("kept", name).AsTask());

        Assert.False(ran);
        Assert.Equal("name", modify.ParamName);
        Assert.Equal("names", remove.ParamName);
        Assert.All([modify, remove], fault => Assert.Contains(rule, fault.Message, StringComparison.Ordinal));
        Assert.Equal(1, (await session.GetAsync())?.Get<int>("kept"));
    }

    private static string Deep(int depth) => new string('[', depth) + new string(']', depth);

    private static Func<ISession<IGenericStore>, bool, ValueTask> Object(Func<JsonObject> make) =>
        (session, signIn) => signIn ? session.SetAsync("bob", make()) : Drop(session.UpdateAsync(make()));

    private static Func<ISession<IGenericStore>, bool, ValueTask> Parsed(string json) => Object(() => JsonNode.Parse(json)!.AsObject());

    private static Func<ISession<IGenericStore>, bool, ValueTask> ByElement(Func<JsonElement> make) =>
        (session, signIn) => signIn ? session.SetAsync("bob", make()) : Drop(session.UpdateAsync(make()));

    private static Func<ISession<IGenericStore>, bool, ValueTask> Bytes(byte[] json) => ByElement(() =>
    {
        using var document = JsonDocument.Parse(
            json, new() { MaxDepth = 3_000, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return document.RootElement.Clone();
    });

    private static Func<ISession<IGenericStore>, bool, ValueTask> Element(string json) => Bytes(Encoding.UTF8.GetBytes(json));

    private static Func<ISession<IGenericStore>, bool, ValueTask> Typed<T>(T value)
    {
        var info = (JsonTypeInfo<T>)JsonSerializerOptions.Default.GetTypeInfo(typeof(T));
        return (session, signIn) => signIn ? session.SetAsync("bob", value, info) : Drop(session.UpdateAsync(value, info));
    }

    private static Func<ISession<IGenericStore>, bool, ValueTask> Any(object value) =>
        (session, signIn) => signIn ? session.SetAsync("bob", value) : Drop(session.UpdateAsync(value));

    private static async ValueTask Drop(ValueTask<bool> update) => await update;

    private static Link Cycle()
    {
        var link = new Link();
        link.Next = link;
        return link;
    }

    private sealed record One(string A);

    private sealed record Reserved([property: JsonPropertyName("$a")] string A);

    private sealed class Link
    {
        public Link? Next { get; set; }
    }
}
