using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests.Http;

/// <summary>The client goes away while the store is at work: reads are given up, a write that has begun is finished, a sign-out goes on to its end.</summary>
public sealed class Disconnects
{
    public static TheoryData<Served, string, string, bool> Cases()
    {
        var data = new TheoryData<Served, string, string, bool>();
        foreach (var served in Enum.GetValues<Served>())
        {
            // What is done, the store's verb at which the client goes away, and whether it is done all the same.
            foreach (var (what, verb, done) in new[]
            {
                ("sign in", "get", true), ("sign in", "delete", true), ("sign in", "create", true),
                ("sign out", "get", true), ("sign out", "delete", true),
                ("sign out everywhere", "get", true), ("sign out everywhere", "delete_user", true),
                ("update", "get", false), ("update", "update", true),
                ("renew", "get", false),
                ("end others", "get", false), ("end others", "delete_user", true),
            })
            {
                data.Add(served, what, verb, done);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("abuse", "I1")]
    public async Task AWriteThatBeganIsFinishedOrNeverBegan(Served served, string what, string verb, bool done)
    {
        await using var place = await Place.StartAsync(served);
        string mine = await place.SignInAsync("alice"), other = await place.SignInAsync("alice");
        Assert.Equal(2, await place.CountAsync());

        var fault = await place.LeaveAtAsync(verb, what, mine, givenUp: !done);

        if (done)
        {
            Assert.Null(fault);
        }
        else
        {
            Assert.IsType<OperationCanceledException>(fault);
            Assert.Equal(0, place.Site.Store.Count("update") + place.Site.Store.Count("delete") + place.Site.Store.Count("delete_user") + place.Site.Store.Count("create"));
        }

        // Signing in ends the old session and begins one; its cookie reached nobody, and it goes by FirstUseTimeout.
        Assert.Equal((what, done) switch { ("sign in", _) => 2, ("sign out", _) => 1, ("sign out everywhere", _) => 0, ("end others", true) => 1, _ => 2 }, await place.CountAsync());
        Assert.Equal(what is "sign in" or "sign out" or "sign out everywhere" ? "nobody" : "alice", await place.WhoAsync(mine));
        Assert.Equal(what == "sign out everywhere" || (what == "end others" && done) ? "nobody" : "alice", await place.WhoAsync(other));
        Assert.Equal(what == "update" && done ? "dark" : "none", await place.ThemeAsync(mine));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I1")]
    public async Task ARenewalWhoseAnswerIsLostLeavesTheOldIdGood(Served served)
    {
        await using var place = await Place.StartAsync(served);
        string mine = await place.SignInAsync("alice");
        Assert.Equal("alice", await place.WhoAsync(mine));

        Assert.Null(await place.LeaveAtAsync("update", "renew", mine));
        place.Site.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal("alice", await place.WhoAsync(mine));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I1")]
    public async Task ATouchThatBeganIsFinishedAndTheRequestGoesOn(Served served)
    {
        await using var place = await Place.StartAsync(served);
        string mine = await place.SignInAsync("alice");

        // The first presentation is the touch that ends the time of first use.
        Assert.Null(await place.LeaveAtAsync("update", "read", mine));
        place.Site.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal("alice", await place.WhoAsync(mine));
    }

    /// <summary>A site whose one busy page is told what to do, and tells how it went.</summary>
    private sealed class Place : IAsyncDisposable
    {
        private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<Exception?> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _armed;

        public Site Site { get; private set; } = null!;

        public static async Task<Place> StartAsync(Served served)
        {
            var place = new Place();
            place.Site = await Site.StartAsync(
                app =>
                {
                    app.MapPost("/login/{user}", async (string user, ISession<IGenericStore> session) => await session.SetAsync(user));
                    app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
                    app.MapGet("/theme", async (ISession<IGenericStore> session) => (await session.GetAsync())?["theme"] ?? "none");
                    app.MapPost("/do/{what}", (string what, HttpContext context, ISession<IGenericStore> session) => place.DoAsync(what, context, session));
                },
                served: served);
            return place;
        }

        public async Task<string> SignInAsync(string user)
        {
            using var login = await Site.SendAsync("/login/" + user, method: HttpMethod.Post);
            return login.SentId()!;
        }

        public ValueTask<long> CountAsync() => ((ProbeStore)Site.Store).Inner.CountActiveSessionsAsync(TestContext.Current.CancellationToken);

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

        /// <summary>Has the page do something, drops the connection when the store is about to run a verb, and lets the store go on only when the server has noticed.</summary>
        public async Task<Exception?> LeaveAtAsync(string verb, string what, string id, bool givenUp = false)
        {
            var gate = new Gate();
            Site.Store.Before = (called, _) => _armed && called == verb ? gate.PassAsync() : ValueTask.CompletedTask;
            Site.Store.Reset();
            using var client = Site.Client();
            using var leave = new CancellationTokenSource();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/do/" + what);
            request.Headers.TryAddWithoutValidation("Cookie", "__Host-sid=" + id);
            var answer = client.SendAsync(request, leave.Token);
            await gate.Reached;
            await leave.CancelAsync();
            await _aborted.Task.WaitAsync(TimeSpan.FromSeconds(30));

            // What is given up is over while the store still stands at the gate; opened before, the store might answer first.
            if (!givenUp)
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

        private async Task DoAsync(string what, HttpContext context, ISession<IGenericStore> session)
        {
            // Never unregistered: what the abort ends may end this method before its turn comes to be called.
            context.RequestAborted.Register(() => _aborted.TrySetResult());
            _armed = true;
            var fault = await Record.ExceptionAsync(async () =>
            {
                switch (what)
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
