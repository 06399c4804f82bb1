using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Sact.Session.Tests;

/// <summary>Each verb that sets metadata takes it in the four forms that <c>SetAsync</c> takes.</summary>
public sealed partial class OverloadsOfASession
{
    public static TheoryData<string> Forms => ["JsonObject", "JsonElement", "type with its description", "anonymous type"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task APendingSignInTakesEveryFormOfMetadata(string form)
    {
        var host = new SessionHost();
        var session = host.Request().Session;

        await (form switch
        {
            "JsonObject" => session.SetPendingAsync("alice", Node()),
            "JsonElement" => session.SetPendingAsync("alice", Element()),
            "type with its description" => session.SetPendingAsync("alice", new Theme("dark"), Json.Default.Theme),
            _ => session.SetPendingAsync("alice", new { theme = "dark" }),
        });

        var data = await host.Request(session.SessionId).Session.GetAnyAsync();
        Assert.Equal((SessionState.Pending, "alice", "dark"), (data?.State, data?.PendingUserId, data?["theme"]));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task AnAnonymousSessionTakesEveryFormOfData(string form)
    {
        var host = new SessionHost();
        var session = host.Request().Session;

        Assert.True(await (form switch
        {
            "JsonObject" => session.StartAsync(Node()),
            "JsonElement" => session.StartAsync(Element()),
            "type with its description" => session.StartAsync(new Theme("dark"), Json.Default.Theme),
            _ => session.StartAsync(new { theme = "dark" }),
        }));

        var data = await host.Request(session.SessionId).Session.GetAnyAsync();
        Assert.Equal((SessionState.Anonymous, "dark"), (data?.State, data?["theme"]));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task ARaiseSetsMetadataInTheSameWrite(string form)
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["name"] = "Ada" });
        await host.WhoAsync(id);
        var session = host.Request(id).Session;
        int before = host.Store.Calls.Count;

        Assert.True(await (form switch
        {
            "JsonObject" => session.RaiseAsync(2, Node()),
            "JsonElement" => session.RaiseAsync(2, Element()),
            "type with its description" => session.RaiseAsync(2, new Theme("dark"), Json.Default.Theme),
            _ => session.RaiseAsync(2, new { theme = "dark" }),
        }));

        Assert.Equal(2, host.Store.Calls.Count - before);
        var data = await host.Request(session.SessionId).Session.GetAsync();
        Assert.Equal((2, "Ada", "dark"), (data?.AssuranceLevel, data?["name"], data?["theme"]));
    }

    [Fact]
    [Trait("abuse", "H1")]
    public async Task ARaiseWithTooMuchMetadataIsRefusedAndRaisesNothing()
    {
        var host = new SessionHost(options => options.MaxRecordBytes = 256);
        string id = await host.SignInAsync();

        await Assert.ThrowsAsync<ArgumentException>(
            "metadata", async () => await host.Request(id).Session.RaiseAsync(2, new JsonObject { ["a"] = new string('x', 300) }));

        Assert.Equal(1, (await host.Request(id).Session.GetAsync())?.AssuranceLevel);
    }

    [Fact]
    public async Task APendingSignInCanBeShorterThanPendingTimeoutAndNotLonger()
    {
        var host = new SessionHost();
        var session = host.Request().Session;

        await session.SetPendingAsync("alice", null, new SessionSignInOptions { AbsoluteTimeout = TimeSpan.FromMinutes(1) });
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await host.Request(session.SessionId).Session.GetAnyAsync());

        var tooLong = new SessionSignInOptions { AbsoluteTimeout = host.Options.PendingTimeout + TimeSpan.FromTicks(1) };
        await Assert.ThrowsAsync<ArgumentException>(
            "options", async () => await host.Request().Session.SetPendingAsync("alice", null, tooLong));
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task AnAnonymousSessionHasItsOwnLifeAndNoAssuranceLevel()
    {
        var host = new SessionHost();
        var session = host.Request().Session;

        Assert.True(await session.StartAsync(null, new SessionSignInOptions { IdleTimeout = TimeSpan.FromMinutes(1) }));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await host.Request(session.SessionId).Session.GetAnyAsync());

        var withLevel = new SessionSignInOptions { AssuranceLevel = 1 };
        await Assert.ThrowsAsync<ArgumentException>("options", async () => await host.Request().Session.StartAsync(null, withLevel));
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task AModificationReturnsTheValueThatWasWritten()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["visits"] = 41 });

        var result = await host.Request(id).Session.ModifyAsync<int>("visits", visits => visits + 1);

        Assert.True(result);
        Assert.Equal((true, 42), (result.Succeeded, result.Value));
        Assert.DoesNotContain("42", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModificationOfNobodysSessionDoesNotSucceed()
    {
        var result = await new SessionHost().Request().Session.ModifyAsync<int>("visits", visits => visits + 1);

        Assert.False(result);
        Assert.Equal((false, 0), (result.Succeeded, result.Value));
    }

    [Fact]
    public async Task ARemovalTakesOneNameOrSeveral()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["a"] = 1, ["b"] = 2, ["c"] = 3, ["d"] = 4 });

        Assert.True(await host.Request(id).Session.RemoveAsync("a"));
        Assert.True(await host.Request(id).Session.RemoveAsync("b", "c"));

        Assert.Equal(["d"], (await host.Request(id).Session.GetAsync())!.Fields.Select(field => field.Key));
    }

    private static JsonObject Node() => new() { ["theme"] = "dark" };

    private static JsonElement Element() => JsonElement.Parse("""{"theme":"dark"}""");

    internal sealed record Theme([property: JsonPropertyName("theme")] string Name);

    [JsonSerializable(typeof(Theme))]
    internal sealed partial class Json : JsonSerializerContext;
}
