using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sact.Session.Tests;

/// <summary>Metadata that is too large, and metadata that contains type names.</summary>
public sealed class HostileMetadata
{
    private const int Max = 256;

    [Fact]
    [Trait("abuse", "H1")]
    public async Task OverTheLimitAtSignInSignsNobodyInAndKeepsTheOldSession()
    {
        var host = new SessionHost(options => options.MaxRecordBytes = Max);
        string id = await host.SignInAsync("alice", Sized(Max));
        var exchange = host.Request(id);

        var fault = await Assert.ThrowsAsync<ArgumentException>("metadata", () =>
            exchange.Session.SetAsync("alice", Sized(Max + 1)).AsTask());

        Assert.Contains("MaxRecordBytes", fault.Message, StringComparison.Ordinal);
        Assert.Empty(exchange.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(id));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "H1")]
    public async Task AnUpdateThatMakesTheRecordTooLargeIsRefusedAndChangesNothing()
    {
        var host = new SessionHost(options => options.MaxRecordBytes = Max);
        string id = await host.SignInAsync("alice", Sized(Max - 10));
        await host.WhoAsync(id);
        var before = await host.Memory.GetAsync(host.Memory.GetSessionKey(id));

        // Each change is small. Only together with the stored fields is it too large.
        var update = await Assert.ThrowsAsync<ArgumentException>("fields", () =>
            host.Request(id).Session.UpdateAsync(new() { ["b"] = "0123456789" }).AsTask());
        var modify = await Assert.ThrowsAsync<ArgumentException>("modify", () =>
            host.Request(id).Session.ModifyAsync<string>("b", _ => "0123456789").AsTask());

        Assert.All([update, modify], fault => Assert.Contains("MaxRecordBytes", fault.Message, StringComparison.Ordinal));
        Assert.Same(before, await host.Memory.GetAsync(host.Memory.GetSessionKey(id)));
        Assert.True(await host.Request(id).Session.UpdateAsync(new() { ["b"] = 1234567 }));
        Assert.True(await host.Request(id).Session.UpdateAsync(new() { ["b"] = 12345678 }));
        Assert.True(await host.Request(id).Session.UpdateAsync(new() { ["b"] = 123456789 }));
        await Assert.ThrowsAsync<ArgumentException>(() => host.Request(id).Session.UpdateAsync(new() { ["b"] = 1234567890 }).AsTask());
    }

    [Fact]
    [Trait("abuse", "H1")]
    public async Task ARecordOverALoweredLimitCanBeReadAndMadeSmallerButNotLarger()
    {
        var host = new SessionHost(options => options.MaxRecordBytes = 2 * Max);
        string id = await host.SignInAsync("alice", Sized(2 * Max));
        var lowered = new SactSessionOptions { MaxRecordBytes = Max, TimeProvider = host.Clock };
        Session<ProbeStore> Later()
        {
            var context = host.Request(id).Context;
            return new Session<ProbeStore>(context.Request, context.Response, host.Store, lowered);
        }

        Assert.Equal("alice", (await Later().GetAsync())?.UserId);
        await Assert.ThrowsAsync<ArgumentException>(() => Later().UpdateAsync(new() { ["b"] = 1 }).AsTask());
        Assert.True(await Later().UpdateAsync(new() { ["a"] = "short" }));
        Assert.True(await Later().UpdateAsync(new() { ["b"] = 1 }));
    }

    [Fact]
    [Trait("abuse", "H1")]
    public async Task OverTheLimitStartsNoAnonymousSession()
    {
        var host = new SessionHost(options => options.MaxRecordBytes = Max);
        var exchange = host.Request();

        await Assert.ThrowsAsync<ArgumentException>("fields", () => exchange.Session.StartAsync(Sized(Max + 1)).AsTask());

        Assert.Empty(exchange.SetCookies);
        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "H3")]
    public async Task TypeNamesAreStringsAndCreateNoObjects()
    {
        var host = new SessionHost();
        string type = typeof(DerivedFromPlain).AssemblyQualifiedName!;
        string id = await host.SignInAsync("alice", new()
        {
            ["a"] = new JsonObject { ["$type"] = type, ["Path"] = "/tmp/x" },
            ["b"] = new JsonObject { ["$type"] = "trap", ["$id"] = "1", ["$values"] = new JsonArray(), ["__type"] = type },
        });
        var data = (await host.Request(id).Session.GetAsync())!;

        // Read as object, as a base class and as the whole, it is always plain JSON.
        Assert.Equal(type, Assert.IsType<JsonElement>(data.Get<object>("a")).GetProperty("$type").GetString());
        Assert.IsType<Plain>(data.Get<Plain>("a"));
        Assert.IsType<JsonElement>(data.As<Dictionary<string, object>>()["a"]);
        Assert.Equal("trap", data.Get<JsonObject>("b")?["$type"]?.GetValue<string>());
        Assert.Equal(0, DerivedFromPlain.Created);

        // The constructor does count, so the zero above proves something.
        _ = new DerivedFromPlain { Path = "x" };
        Assert.Equal(1, DerivedFromPlain.Created);
    }

    private static JsonObject Sized(int bytes) => new() { ["a"] = new string('x', bytes - 3) };

    private class Plain
    {
        public string? Path { get; set; }
    }

    private sealed class DerivedFromPlain : Plain
    {
        private static int s_created;

        public DerivedFromPlain() => s_created++;

        public static int Created => s_created;
    }
}
