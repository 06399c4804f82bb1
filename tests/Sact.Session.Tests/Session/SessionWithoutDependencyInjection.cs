using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>The public constructor works without dependency injection and middleware, on a plain HttpContext.</summary>
public sealed class SessionWithoutDependencyInjection
{
    [Fact]
    public async Task SignsInReadsUpdatesRenewsAndSignsOut()
    {
        var store = new MemoryStore();
        var options = new SactSessionOptions();

        var (login, loginResponse) = Request(null);
        await login.SetAsync("alice", new() { ["role"] = "admin" });
        string id = Sent(loginResponse);

        var (reading, readResponse) = Request(id);
        Assert.Equal(("alice", "admin"), ((await reading.GetAsync())!.UserId, (await reading.GetAsync())!["role"]));
        Assert.Equal(0, readResponse.Headers.SetCookie.Count);

        var (updating, _) = Request(id);
        Assert.True(await updating.UpdateAsync(new() { ["role"] = "user" }));

        var (renewing, renewResponse) = Request(id);
        Assert.True(await renewing.RenewAsync());
        string renewed = Sent(renewResponse);
        Assert.NotEqual(id, renewed);
        Assert.Equal("user", (await Request(renewed).Session.GetAsync())!["role"]);

        var (leaving, leaveResponse) = Request(renewed);
        await leaving.DeleteAsync();
        Assert.Equal("", Sent(leaveResponse));
        Assert.Null(await Request(renewed).Session.GetAsync());
        Assert.Null(await Request(id).Session.GetAsync());

        (Session<MemoryStore> Session, HttpResponse Response) Request(string? cookie)
        {
            var context = new DefaultHttpContext();
            context.Request.Headers.Cookie = cookie is null ? default : $"__Host-sid={cookie}";
            return (new Session<MemoryStore>(context.Request, context.Response, store, options), context.Response);
        }

        static string Sent(HttpResponse response) => response.Headers.SetCookie.Single()!["__Host-sid=".Length..].Split(';')[0];
    }

    [Fact]
    public void RefusesARequestAndAResponseOfDifferentContexts()
    {
        var one = new DefaultHttpContext();
        var other = new DefaultHttpContext();

        Assert.Throws<ArgumentException>(() =>
            new Session<MemoryStore>(one.Request, other.Response, new MemoryStore(), new SactSessionOptions()));
    }

    /// <summary>With one options object for all of them.</summary>
    [Fact]
    public void WithAStoreOfItsOwnLeavesFewBehind()
    {
        var options = new SactSessionOptions();
        var stores = Enumerable.Range(0, 1000).Select(_ => Make(options)).ToList();

        Assert.InRange(CountAlive(stores), 0, 64);
        GC.KeepAlive(options);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make(SactSessionOptions options)
        {
            var context = new DefaultHttpContext();
            var store = new MemoryStore();
            _ = new Session<MemoryStore>(context.Request, context.Response, store, options).EndReason;
            return new WeakReference(store);
        }
    }

    /// <summary>An application may make options for each request. What belongs to them must not outlive it.</summary>
    [Fact]
    public void WithOptionsOfItsOwnLeavesNothingBehind()
    {
        var store = new MemoryStore();
        var options = Enumerable.Range(0, 100).Select(_ => Make(store)).ToList();

        Assert.Equal(0, CountAlive(options));
        GC.KeepAlive(store);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make(MemoryStore store)
        {
            var context = new DefaultHttpContext();
            var options = new SactSessionOptions();
            _ = new Session<MemoryStore>(context.Request, context.Response, store, options).EndReason;
            return new WeakReference(options);
        }
    }

    private static int CountAlive(List<WeakReference> all)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return all.Count(static one => one.IsAlive);
    }
}
