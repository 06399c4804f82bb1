namespace Sact.Session.Tests;

/// <summary>Rule 1: the key part is public, so an id with the right key and another lineage does nothing at all, whatever is called with it.</summary>
[Trait("abuse", "C8")]
[Trait("abuse", "C12")]
[Trait("abuse", "C12d")]
public sealed class InventedSecret
{
    /// <summary>What is called, and what of the store it may call.</summary>
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
        var bed = new Bed();
        string id = await bed.SeenAsync("alice", new() { ["role"] = "admin" });
        await AssertNothingHappens(bed, id, Forged.Lineage(id), call, allowed);
        await AssertNothingHappens(bed, id, Forged.LineageOnly(id), call, allowed);
    }

    [Theory]
    [MemberData(nameof(EveryCall))]
    public async Task ChangesNothingLongAfterARenewalEither(string call, string allowed)
    {
        // Past the margin a wrong rotor ends the session; a wrong lineage must not, or whoever reads a key in a log could sign its user out.
        var bed = new Bed();
        string id = await bed.RotateAsync(await bed.SeenAsync());
        bed.Clock.Advance(TimeSpan.FromHours(1));
        await AssertNothingHappens(bed, id, Forged.Lineage(id), call, allowed);
        Assert.Equal(0, bed.EventCount(4));
    }

    [Fact]
    public async Task ChangesNothingWhileARenewalIsUnconfirmed()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        string pending = (await bed.RenewAsync(id))!;

        await AssertNothingHappens(bed, id, Forged.LineageOnly(pending), "read", "get");

        Assert.NotNull((await bed.RecordOf(id))!.PendingHash);
    }

    [Fact]
    public async Task IsAnsweredLikeAnIdNobodyIssued()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var forged = bed.Request(Forged.Lineage(id));
        var unknown = bed.Request(bed.Store.CreateSessionId("alice"));

        Assert.Null(await forged.Session.GetAsync());
        Assert.Null(await unknown.Session.GetAsync());

        Assert.Equal(unknown.Sent.Select(header => $"{header.Key}: {header.Value}"), forged.Sent.Select(header => $"{header.Key}: {header.Value}"));
        Assert.Empty(forged.SetCookies);
    }

    [Fact]
    public async Task IsRefusedByTheStoreItself()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var stands = await bed.RecordOf(id);
        var impostor = Handmade.Record(bed, Forged.Lineage(id), SessionState.SignedIn, "alice");

        var update = await bed.Memory.UpdateAsync(impostor, new SessionChange { Touch = new SessionTouch(bed.Clock.GetUtcNow() + TimeSpan.FromHours(1)) });

        Assert.Equal(SessionUpdateStatus.Gone, update.Status);
        Assert.False(await bed.Memory.DeleteAsync(impostor));
        Assert.Same(stands, await bed.RecordOf(id));
    }

    private static async Task AssertNothingHappens(Bed bed, string id, string forged, string call, string allowed)
    {
        var stands = await bed.RecordOf(id);
        bed.Store.Reset();
        var session = bed.Request(forged).Session;

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
            case "end by key": Assert.False(await session.DeleteSessionAsync(bed.Store.GetSessionKey(id))); break;
            case "end all": Assert.Equal(0, await session.DeleteAllSessionsAsync()); break;
            default: Assert.Fail($"Nothing is known of '{call}'."); break;
        }

        Assert.Equal(allowed.Split(' '), bed.Store.Calls);
        Assert.NotNull(stands);
        Assert.Same(stands, await bed.RecordOf(id));
        Assert.Equal("alice", await bed.WhoAsync(id));
    }
}
