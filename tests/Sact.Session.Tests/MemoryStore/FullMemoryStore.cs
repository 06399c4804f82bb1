using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>The memory store at its limit: which sessions it removes, which it keeps, and what it logs.</summary>
[Trait("abuse", "J3")]
public sealed class FullMemoryStore
{
    private const int MaxBytes = 64 * 1024;

    [Fact]
    public async Task AnonymousSessionsReplaceOnlyEachOtherTheOldestFirst()
    {
        var host = Full();
        string alice = await host.SignInAsync();
        var visitors = await Visitors(host, 50);

        var live = new List<int>();
        for (int i = 0; i < visitors.Count; i++)
        {
            if (await host.Memory.GetAsync(host.Memory.GetSessionKey(visitors[i])) is not null)
            {
                live.Add(i);
            }
        }

        Assert.InRange(live.Count, 10, MaxBytes / 10 / 448);
        Assert.Equal(Enumerable.Range(50 - live.Count, live.Count), live);
        Assert.Equal(50 - live.Count, host.Events.Count(logged => logged.Id.Id == 20));
        Assert.Equal("alice", await host.WhoAsync(alice));
    }

    [Fact]
    public async Task AnAnonymousSessionInUseIsKeptLonger()
    {
        var host = Full();
        int room = MaxBytes / 10 / 448;
        var visitors = await Visitors(host, room);
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.NotNull(await host.Request(visitors[0]).Session.GetAnyAsync());
        Assert.Equal(room, await host.Memory.CountActiveSessionsAsync());

        await Visitors(host, 1);

        Assert.NotNull(await host.Memory.GetAsync(host.Memory.GetSessionKey(visitors[0])));
        Assert.Null(await host.Memory.GetAsync(host.Memory.GetSessionKey(visitors[1])));
    }

    [Fact]
    public async Task AnonymousSessionsMakeRoomForUsersThenSignInIsRefusedAndNoUserIsSignedOut()
    {
        var host = Full();
        var visitors = await Visitors(host, 10);
        var users = new List<string>();

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (users.Count < 1_000)
            {
                users.Add(await host.SignInAsync($"user {users.Count:000}"));
            }
        });

        Assert.Contains("MaxBytes", fault.Message, StringComparison.Ordinal);
        Assert.InRange(users.Count, MaxBytes / 2 / 448, MaxBytes / 448);
        Assert.InRange(host.Memory.SizeInBytes, MaxBytes - 1_000, MaxBytes);
        Assert.Single(host.Events, logged => logged.Id.Id == 21 && logged.Level == LogLevel.Error);
        Assert.All(visitors, id => Assert.Null(host.Memory.GetAsync(host.Memory.GetSessionKey(id)).AsTask().Result));
        for (int i = 0; i < users.Count; i++)
        {
            Assert.Equal($"user {i:000}", await host.WhoAsync(users[i]));
        }

        // A visitor does not replace a user either, and the refused sign-in left nothing behind.
        await Assert.ThrowsAsync<SessionStoreException>(() => host.Request().Session.StartAsync().AsTask());
        Assert.Equal(users.Count, await host.Memory.CountActiveSessionsAsync());

        await host.Request(users[0]).Session.DeleteAsync();
        Assert.Equal("user 999", await host.WhoAsync(await host.SignInAsync("user 999")));
    }

    [Fact]
    public async Task AnUpdateWithoutRoomIsRefusedAndChangesNothing()
    {
        var host = Full();
        string id = await host.SignInAsync("alice", new() { ["kept"] = 1 });
        await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (true)
            {
                await host.SignInAsync("bob");
            }
        });
        await host.WhoAsync(id);
        var before = await host.Memory.GetAsync(host.Memory.GetSessionKey(id));
        long bytes = host.Memory.SizeInBytes;

        await Assert.ThrowsAsync<SessionStoreException>(() =>
            host.Request(id).Session.UpdateAsync(new() { ["big"] = new string('x', 1_000) }).AsTask());

        Assert.Same(before, await host.Memory.GetAsync(host.Memory.GetSessionKey(id)));
        Assert.Equal(bytes, host.Memory.SizeInBytes);
        Assert.True(await host.Request(id).Session.UpdateAsync(new() { ["kept"] = 2 }));
    }

    [Fact]
    public async Task OverHttpSignInIsA503WithoutACookie()
    {
        var host = Full();
        await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (true)
            {
                await host.SignInAsync("bob", new() { ["big"] = new string('x', 4_000) });
            }
        });
        await using var site = await Site.StartAsync(
            app => app.MapPost("/login", async (ISession<IGenericStore> session) =>
                await session.SetAsync("alice", new() { ["big"] = new string('x', 4_000) })),
            build: builder => builder.Services.AddSactSession().UseStore(_ => new ProbeStore(host.Memory)));

        using var login = await site.SendAsync("/login", method: HttpMethod.Post);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, login.StatusCode);
        Assert.Empty(login.SetCookies());
    }

    [Fact]
    [Trait("abuse", "J6")]
    public async Task AThrowingLogLeaksNoRoom()
    {
        var host = Full();
        host.OnLog = _ => throw new InvalidOperationException("the log is down");

        // Evictions are logged. If the log stopped one half-way, its room would be lost for good.
        await Visitors(host, 500);
        await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (true)
            {
                await host.SignInAsync();
            }
        });
        await host.Memory.ClearAsync();

        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    private static SessionHost Full() => new(options => options.MaxSessionsPerUser = null, store => store.MaxBytes = MaxBytes);

    private static async Task<List<string>> Visitors(SessionHost host, int count)
    {
        var ids = new List<string>();
        for (int i = 0; i < count; i++)
        {
            var exchange = host.Request();
            Assert.True(await exchange.Session.StartAsync(new JsonObject()));
            ids.Add(exchange.SentId!);
        }

        return ids;
    }
}
