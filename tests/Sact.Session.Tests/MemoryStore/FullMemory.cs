using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>The memory store at its limit: who goes, who stays, and what it says.</summary>
[Trait("abuse", "J3")]
public sealed class FullMemory
{
    private const int MaxBytes = 64 * 1024;

    [Fact]
    public async Task AnonymousSessionsGoOnlyForEachOtherAndTheOldestFirst()
    {
        var bed = Full();
        string alice = await bed.SignInAsync();
        var visitors = await Visitors(bed, 50);

        var alive = new List<int>();
        for (int i = 0; i < visitors.Count; i++)
        {
            if (await bed.Memory.GetAsync(bed.Memory.GetSessionKey(visitors[i])) is not null)
            {
                alive.Add(i);
            }
        }

        Assert.InRange(alive.Count, 10, MaxBytes / 10 / 448);
        Assert.Equal(Enumerable.Range(50 - alive.Count, alive.Count), alive);
        Assert.Equal(50 - alive.Count, bed.Events.Count(told => told.Id.Id == 20));
        Assert.Equal("alice", await bed.WhoAsync(alice));
    }

    [Fact]
    public async Task AnAnonymousSessionSeenSinceGetsASecondChance()
    {
        var bed = Full();
        int room = MaxBytes / 10 / 448;
        var visitors = await Visitors(bed, room);
        bed.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.NotNull(await bed.Request(visitors[0]).Session.GetAnyAsync());
        Assert.Equal(room, await bed.Memory.CountActiveSessionsAsync());

        await Visitors(bed, 1);

        Assert.NotNull(await bed.Memory.GetAsync(bed.Memory.GetSessionKey(visitors[0])));
        Assert.Null(await bed.Memory.GetAsync(bed.Memory.GetSessionKey(visitors[1])));
    }

    [Fact]
    public async Task AnonymousSessionsGoForUsersThenSigningInIsRefusedAndNoUsersSessionWent()
    {
        var bed = Full();
        var visitors = await Visitors(bed, 10);
        var users = new List<string>();

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (users.Count < 1_000)
            {
                users.Add(await bed.SignInAsync($"user {users.Count:000}"));
            }
        });

        Assert.Contains("MaxBytes", fault.Message, StringComparison.Ordinal);
        Assert.InRange(users.Count, MaxBytes / 2 / 448, MaxBytes / 448);
        Assert.InRange(bed.Memory.SizeInBytes, MaxBytes - 1_000, MaxBytes);
        Assert.Single(bed.Events, told => told.Id.Id == 21 && told.Level == LogLevel.Error);
        Assert.All(visitors, id => Assert.Null(bed.Memory.GetAsync(bed.Memory.GetSessionKey(id)).AsTask().Result));
        for (int i = 0; i < users.Count; i++)
        {
            Assert.Equal($"user {i:000}", await bed.WhoAsync(users[i]));
        }

        // Nor does a visitor push a user out, and what was refused left nothing behind.
        await Assert.ThrowsAsync<SessionStoreException>(() => bed.Request().Session.StartAsync().AsTask());
        Assert.Equal(users.Count, await bed.Memory.CountActiveSessionsAsync());

        await bed.Request(users[0]).Session.DeleteAsync();
        Assert.Equal("user 999", await bed.WhoAsync(await bed.SignInAsync("user 999")));
    }

    [Fact]
    public async Task AnUpdateThatFindsNoRoomIsRefusedAndTheRecordIsIntact()
    {
        var bed = Full();
        string id = await bed.SignInAsync("alice", new() { ["kept"] = 1 });
        await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (true)
            {
                await bed.SignInAsync("bob");
            }
        });
        await bed.WhoAsync(id);
        var before = await bed.Memory.GetAsync(bed.Memory.GetSessionKey(id));
        long bytes = bed.Memory.SizeInBytes;

        await Assert.ThrowsAsync<SessionStoreException>(() => bed.Request(id).Session.UpdateAsync(new() { ["big"] = new string('x', 1_000) }).AsTask());

        Assert.Same(before, await bed.Memory.GetAsync(bed.Memory.GetSessionKey(id)));
        Assert.Equal(bytes, bed.Memory.SizeInBytes);
        Assert.True(await bed.Request(id).Session.UpdateAsync(new() { ["kept"] = 2 }));
    }

    [Fact]
    public async Task OverHttpSigningInIsA503WithoutACookie()
    {
        var bed = Full();
        await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (true)
            {
                await bed.SignInAsync("bob", new() { ["big"] = new string('x', 4_000) });
            }
        });
        await using var site = await Site.StartAsync(
            app => app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice", new() { ["big"] = new string('x', 4_000) })),
            build: builder => Microsoft.Extensions.DependencyInjection.SactSessionServiceCollectionExtensions.AddSactSession(builder.Services).UseStore(_ => new ProbeStore(bed.Memory)));

        using var login = await site.SendAsync("/login", method: HttpMethod.Post);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, login.StatusCode);
        Assert.Empty(login.SetCookies());
    }

    [Fact]
    [Trait("abuse", "J6")]
    public async Task AThrowingLogCostsNoRoom()
    {
        var bed = Full();
        bed.OnLog = _ => throw new InvalidOperationException("the log is down");

        // Evicting is logged; were it given up half-way, the room would be gone for good.
        await Visitors(bed, 500);
        await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (true)
            {
                await bed.SignInAsync();
            }
        });
        await bed.Memory.ClearAsync();

        Assert.Equal(0, bed.Memory.SizeInBytes);
    }

    private static Bed Full() => new(options => options.MaxSessionsPerUser = null, store => store.MaxBytes = MaxBytes);

    private static async Task<List<string>> Visitors(Bed bed, int count)
    {
        var ids = new List<string>();
        for (int i = 0; i < count; i++)
        {
            var exchange = bed.Request();
            Assert.True(await exchange.Session.StartAsync(new JsonObject()));
            ids.Add(exchange.SentId!);
        }

        return ids;
    }
}
