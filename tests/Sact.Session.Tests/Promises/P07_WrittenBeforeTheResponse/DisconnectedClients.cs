using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>The client disconnects during a store call. Reads stop, a started write is finished, and a sign-out completes.</summary>
public sealed class DisconnectedClients
{
    public static TheoryData<Served, string, string, bool> Cases()
    {
        var data = new TheoryData<Served, string, string, bool>();
        foreach (var served in Enum.GetValues<Served>())
        {
            // The action, the store call during which the client disconnects, and whether the action still completes.
            foreach (var (action, verb, completes) in new[]
            {
                ("sign in", "get", true), ("sign in", "delete", true), ("sign in", "create", true),
                ("sign out", "get", true), ("sign out", "delete", true),
                ("sign out everywhere", "get", true), ("sign out everywhere", "delete_user", true),
                ("update", "get", false), ("update", "update", true),
                ("renew", "get", false),
                ("end others", "get", false), ("end others", "delete_user", true),
            })
            {
                data.Add(served, action, verb, completes);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("abuse", "I1")]
    public async Task AWriteIsFinishedOrNeverStarts(Served served, string action, string verb, bool completes)
    {
        await using var site = await OneActionSite.StartAsync(served);
        string mine = await site.SignInAsync("alice"), other = await site.SignInAsync("alice");
        Assert.Equal(2, await site.CountAsync());

        var fault = await site.DisconnectAtAsync(verb, action, mine, stops: !completes);

        if (completes)
        {
            Assert.Null(fault);
        }
        else
        {
            Assert.IsType<OperationCanceledException>(fault);
            Assert.DoesNotContain(site.Site.Store.Calls, call => call is "update" or "delete" or "delete_user" or "create");
        }

        // Signing in ends the old session and starts one. Its cookie reached nobody, so FirstUseTimeout ends it.
        int sessions = (action, completes) switch
        {
            ("sign in", _) => 2,
            ("sign out", _) => 1,
            ("sign out everywhere", _) => 0,
            ("end others", true) => 1,
            _ => 2,
        };
        Assert.Equal(sessions, await site.CountAsync());
        Assert.Equal(action is "sign in" or "sign out" or "sign out everywhere" ? "nobody" : "alice", await site.WhoAsync(mine));
        Assert.Equal(
            action == "sign out everywhere" || (action == "end others" && completes) ? "nobody" : "alice",
            await site.WhoAsync(other));
        Assert.Equal(action == "update" && completes ? "dark" : "none", await site.ThemeAsync(mine));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I1")]
    public async Task ARenewalWhoseResponseIsLostKeepsTheOldIdValid(Served served)
    {
        await using var site = await OneActionSite.StartAsync(served);
        string mine = await site.SignInAsync("alice");
        Assert.Equal("alice", await site.WhoAsync(mine));

        Assert.Null(await site.DisconnectAtAsync("update", "renew", mine));
        site.Site.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal("alice", await site.WhoAsync(mine));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I1")]
    public async Task AStartedTouchIsFinishedAndTheRequestContinues(Served served)
    {
        await using var site = await OneActionSite.StartAsync(served);
        string mine = await site.SignInAsync("alice");

        // The first use touches the session, so FirstUseTimeout no longer applies.
        Assert.Null(await site.DisconnectAtAsync("update", "read", mine));
        site.Site.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal("alice", await site.WhoAsync(mine));
    }

    /// <summary>A site with one page that performs an action and reports the outcome.</summary>
    private sealed class OneActionSite : IAsyncDisposable
    {
        private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<Exception?> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _armed;

        public Site Site { get; private set; } = null!;

        public static async Task<OneActionSite> StartAsync(Served served)
        {
            var site = new OneActionSite();
            site.Site = await Site.StartAsync(
                app =>
                {
                    app.MapPost("/login/{user}", async (string user, ISession<IGenericStore> session) => await session.SetAsync(user));
                    app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
                    app.MapGet("/theme", async (ISession<IGenericStore> session) => (await session.GetAsync())?["theme"] ?? "none");
                    app.MapPost("/do/{action}", (string action, HttpContext context, ISession<IGenericStore> session) =>
                        site.DoAsync(action, context, session));
                },
                served: served);
            return site;
        }

        public async Task<string> SignInAsync(string user)
        {
            using var login = await Site.SendAsync("/login/" + user, method: HttpMethod.Post);
            return login.SentId()!;
        }

        public ValueTask<long> CountAsync() =>
            ((ProbeStore)Site.Store).Inner.CountActiveSessionsAsync(TestContext.Current.CancellationToken);

        public async Task<string> WhoAsync(string id)
        {
            using var me = await Site.SendAsync("/me", id);
            return await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }

        public async Task<string> ThemeAsync(string id)
        {
            using var theme = await Site.SendAsync("/theme", id);
            return await theme.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }

        /// <summary>
        /// Lets the page perform an action, disconnects before the given store call, and lets the store continue only after the server has
        /// noticed.
        /// </summary>
        public async Task<Exception?> DisconnectAtAsync(string verb, string action, string id, bool stops = false)
        {
            var gate = new Gate();
            Site.Store.Before = (called, _) => _armed && called == verb ? gate.PassAsync() : ValueTask.CompletedTask;
            Site.Store.Reset();
            using var client = Site.Client();
            using var disconnect = new CancellationTokenSource();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/do/" + action);
            request.Headers.TryAddWithoutValidation("Cookie", "__Host-sid=" + id);
            var answer = client.SendAsync(request, disconnect.Token);
            await gate.Reached;
            await disconnect.CancelAsync();
            await _aborted.Task.WaitAsync(TimeSpan.FromSeconds(30));

            // A read that stops ends while the store still waits at the gate. If the gate opened earlier, the store might answer first.
            if (!stops)
            {
                gate.Open();
            }

            var fault = await _over.Task.WaitAsync(TimeSpan.FromSeconds(30));
            gate.Open();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
            Site.Store.Before = null;
            return fault;
        }

        public ValueTask DisposeAsync() => Site.DisposeAsync();

        private async Task DoAsync(string action, HttpContext context, ISession<IGenericStore> session)
        {
            // The callback is never unregistered, because the abort may end this method before the callback runs.
            context.RequestAborted.Register(() => _aborted.TrySetResult());
            _armed = true;
            var fault = await Record.ExceptionAsync(async () =>
            {
                switch (action)
                {
                    case "sign in":
                        await session.SetAsync("alice");
                        break;
                    case "sign out":
                        await session.DeleteAsync();
                        break;
                    case "sign out everywhere":
                        await session.DeleteAllSessionsAsync();
                        break;
                    case "update":
                        await session.UpdateAsync(new() { ["theme"] = "dark" });
                        break;
                    case "renew":
                        await session.RenewAsync();
                        break;
                    case "end others":
                        await session.DeleteOtherSessionsAsync();
                        break;
                    default:
                        Assert.NotNull(await session.GetAsync());
                        break;
                }
            });
            _armed = false;
            _over.SetResult(fault);
        }
    }
}
