namespace Sact.Session.Tests;

/// <summary>
/// Rule 1: the key part is public. An id with the right key and another lineage changes nothing, whatever method is called.
/// </summary>
[Trait("abuse", "C8")]
[Trait("abuse", "C12")]
[Trait("abuse", "C12d")]
public sealed class InventedSecret
{
    /// <summary>Each method, and the store calls that it may make.</summary>
    public static TheoryData<string, string> EveryCall => new()
    {
        { "read", "get" },
        { "read in any state", "get" },
        { "update", "get" },
        { "modify", "get" },
        { "remove", "get" },
        { "renew", "get" },
        { "renew immediately", "get" },
        { "sign in", "get create" },
        { "start", "get create" },
        { "sign out", "get" },
        { "list", "get" },
        { "end others", "get" },
        { "end by key", "get" },
        { "end all", "get" },
    };

    [Theory]
    [MemberData(nameof(EveryCall))]
    public async Task ChangesNothing(string call, string allowed)
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice", new() { ["role"] = "admin" });
        await AssertNothingHappens(host, id, Forged.Lineage(id), call, allowed);
        await AssertNothingHappens(host, id, Forged.LineageOnly(id), call, allowed);
    }

    [Theory]
    [MemberData(nameof(EveryCall))]
    public async Task ChangesNothingLongAfterARenewal(string call, string allowed)
    {
        // After the margin, a wrong rotor ends the session. A wrong lineage must not, or everybody who reads a key in a log could sign the
        // user out.
        var host = new SessionHost();
        string id = await host.RotateAsync(await host.SeenAsync());
        host.Clock.Advance(TimeSpan.FromHours(1));
        await AssertNothingHappens(host, id, Forged.Lineage(id), call, allowed);
        Assert.Equal(0, host.EventCount(4));
    }

    [Fact]
    public async Task ChangesNothingWhileARenewalIsUnconfirmed()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        string pending = (await host.RenewAsync(id))!;

        await AssertNothingHappens(host, id, Forged.LineageOnly(pending), "read", "get");

        Assert.NotNull((await host.RecordOf(id))!.PendingHash);
    }

    [Fact]
    public async Task IsAnsweredLikeAnUnknownId()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var forged = host.Request(Forged.Lineage(id));
        var unknown = host.Request(host.Store.CreateSessionId("alice"));

        Assert.Null(await forged.Session.GetAsync());
        Assert.Null(await unknown.Session.GetAsync());

        Assert.Equal(
            unknown.Sent.Select(header => $"{header.Key}: {header.Value}"),
            forged.Sent.Select(header => $"{header.Key}: {header.Value}"));
        Assert.Empty(forged.SetCookies);
    }

    [Fact]
    public async Task IsRefusedByTheStoreItself()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var stored = await host.RecordOf(id);
        var impostor = Handmade.Record(host, Forged.Lineage(id), SessionState.SignedIn, "alice");

        var update = await host.Memory.UpdateAsync(
            impostor, new SessionChange { Touch = new SessionTouch(host.Clock.GetUtcNow() + TimeSpan.FromHours(1)) });

        Assert.Equal(SessionUpdateStatus.Gone, update.Status);
        Assert.False(await host.Memory.DeleteAsync(impostor));
        Assert.Same(stored, await host.RecordOf(id));
    }

    private static async Task AssertNothingHappens(SessionHost host, string id, string forged, string call, string allowed)
    {
        var stored = await host.RecordOf(id);
        host.Store.Reset();
        var session = host.Request(forged).Session;

        switch (call)
        {
            case "read": Assert.Null(await session.GetAsync()); break;
            case "read in any state": Assert.Null(await session.GetAnyAsync()); break;
            case "update": Assert.False(await session.UpdateAsync(new() { ["role"] = "owned" })); break;
            case "modify": Assert.False(await session.ModifyAsync<int>("n", n => n + 1)); break;
            case "remove": Assert.False(await session.RemoveAsync("role")); break;
            case "renew": Assert.False(await session.RenewAsync()); break;
            case "renew immediately": Assert.False(await session.RenewAsync(immediately: true)); break;
            case "sign in": await session.SetAsync("mallory"); break;
            case "start": Assert.True(await session.StartAsync()); break;
            case "sign out": await session.DeleteAsync(); break;
            case "list": Assert.Empty(await session.GetActiveSessionsAsync()); break;
            case "end others": Assert.Equal(0, await session.DeleteOtherSessionsAsync()); break;
            case "end by key": Assert.False(await session.DeleteSessionAsync(host.Store.GetSessionKey(id))); break;
            case "end all": Assert.Equal(0, await session.DeleteAllSessionsAsync()); break;
            default: Assert.Fail($"Unknown call '{call}'."); break;
        }

        Assert.Equal(allowed.Split(' '), host.Store.Calls);
        Assert.NotNull(stored);
        Assert.Same(stored, await host.RecordOf(id));
        Assert.Equal("alice", await host.WhoAsync(id));
    }
}
