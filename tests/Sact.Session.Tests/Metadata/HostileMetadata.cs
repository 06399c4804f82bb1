using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sact.Session.Tests;

/// <summary>Metadata that is too large, and metadata that names types.</summary>
public sealed class HostileMetadata
{
    private const int Max = 256;

    [Fact]
    [Trait("abuse", "H1")]
    public async Task OverTheLimitAtSignInNobodyIsSignedInAndTheOldSessionStands()
    {
        var bed = new Bed(options => options.MaxRecordBytes = Max);
        string id = await bed.SignInAsync("alice", Sized(Max));
        var exchange = bed.Request(id);

        var fault = await Assert.ThrowsAsync<ArgumentException>("metadata", () => exchange.Session.SetAsync("alice", Sized(Max + 1)).AsTask());

        Assert.Contains("MaxRecordBytes", fault.Message, StringComparison.Ordinal);
        Assert.Empty(exchange.SetCookies);
        Assert.Equal("alice", await bed.WhoAsync(id));
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "H1")]
    public async Task OverTheLimitInSumAnUpdateIsRefusedAndTheOldRecordIsIntact()
    {
        var bed = new Bed(options => options.MaxRecordBytes = Max);
        string id = await bed.SignInAsync("alice", Sized(Max - 10));
        await bed.WhoAsync(id);
        var before = await bed.Memory.GetAsync(bed.Memory.GetSessionKey(id));

        // Each is small by itself: only what the store finds there makes it too large.
        var update = await Assert.ThrowsAsync<ArgumentException>("fields", () => bed.Request(id).Session.UpdateAsync(new() { ["b"] = "0123456789" }).AsTask());
        var modify = await Assert.ThrowsAsync<ArgumentException>("modify", () => bed.Request(id).Session.ModifyAsync<string>("b", _ => "0123456789").AsTask());

        Assert.All([update, modify], fault => Assert.Contains("MaxRecordBytes", fault.Message, StringComparison.Ordinal));
        Assert.Same(before, await bed.Memory.GetAsync(bed.Memory.GetSessionKey(id)));
        Assert.True(await bed.Request(id).Session.UpdateAsync(new() { ["b"] = 1234567 }));
        Assert.True(await bed.Request(id).Session.UpdateAsync(new() { ["b"] = 12345678 }));
        Assert.True(await bed.Request(id).Session.UpdateAsync(new() { ["b"] = 123456789 }));
        await Assert.ThrowsAsync<ArgumentException>(() => bed.Request(id).Session.UpdateAsync(new() { ["b"] = 1234567890 }).AsTask());
    }

    [Fact]
    [Trait("abuse", "H1")]
    public async Task OverALoweredLimitARecordCanBeReadAndMadeSmallerButNotLarger()
    {
        var bed = new Bed(options => options.MaxRecordBytes = 2 * Max);
        string id = await bed.SignInAsync("alice", Sized(2 * Max));
        var lowered = new SactSessionOptions { MaxRecordBytes = Max, TimeProvider = bed.Clock };
        Session<ProbeStore> Later()
        {
            var context = bed.Request(id).Context;
            return new Session<ProbeStore>(context.Request, context.Response, bed.Store, lowered);
        }

        Assert.Equal("alice", (await Later().GetAsync())?.UserId);
        await Assert.ThrowsAsync<ArgumentException>(() => Later().UpdateAsync(new() { ["b"] = 1 }).AsTask());
        Assert.True(await Later().UpdateAsync(new() { ["a"] = "short" }));
        Assert.True(await Later().UpdateAsync(new() { ["b"] = 1 }));
    }

    [Fact]
    [Trait("abuse", "H1")]
    public async Task OverTheLimitNoAnonymousSessionBegins()
    {
        var bed = new Bed(options => options.MaxRecordBytes = Max);
        var exchange = bed.Request();

        await Assert.ThrowsAsync<ArgumentException>("fields", () => exchange.Session.StartAsync(Sized(Max + 1)).AsTask());

        Assert.Empty(exchange.SetCookies);
        Assert.Equal(0, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "H3")]
    public async Task NamesOfTypesAreTextAndNothingIsMadeOfThem()
    {
        var bed = new Bed();
        string type = typeof(Trap).AssemblyQualifiedName!;
        string id = await bed.SignInAsync("alice", new()
        {
            ["a"] = new JsonObject { ["$type"] = type, ["Path"] = "/tmp/x" },
            ["b"] = new JsonObject { ["$type"] = "trap", ["$id"] = "1", ["$values"] = new JsonArray(), ["__type"] = type },
        });
        var data = (await bed.Request(id).Session.GetAsync())!;

        // Into object, into an interface-free base, and into the whole: always plain JSON.
        Assert.Equal(type, Assert.IsType<JsonElement>(data.Get<object>("a")).GetProperty("$type").GetString());
        Assert.IsType<Plain>(data.Get<Plain>("a"));
        Assert.IsType<JsonElement>(data.As<Dictionary<string, object>>()["a"]);
        Assert.Equal("trap", data.Get<JsonObject>("b")?["$type"]?.GetValue<string>());
        Assert.Equal(0, Trap.Sprung);

        // The trap does spring where somebody makes one, so the zero above says something.
        _ = new Trap { Path = "x" };
        Assert.Equal(1, Trap.Sprung);
    }

    private static JsonObject Sized(int bytes) => new() { ["a"] = new string('x', bytes - 3) };

    private class Plain
    {
        public string? Path { get; set; }
    }

    private sealed class Trap : Plain
    {
        private static int s_sprung;

        public Trap() => s_sprung++;

        public static int Sprung => s_sprung;
    }
}
