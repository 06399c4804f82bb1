using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>What the store remembers of logout tokens, and for how long.</summary>
public sealed class NotesOfLogouts
{
    [Fact]
    public async Task AreNotReplacedByOnesThatAreNoNewer()
    {
        await using var bed = await OpenAsync();
        var at = bed.Clock.GetUtcNow();
        Assert.Equal(HttpStatusCode.OK, await bed.LogoutAsync(at));
        bed.Calls.Clear();

        Assert.Equal(HttpStatusCode.OK, await bed.LogoutAsync(at));
        Assert.Equal(HttpStatusCode.OK, await bed.LogoutAsync(at.AddSeconds(-5)));

        Assert.DoesNotContain(bed.Calls, static call => call.Method == "EndAsync");
        bed.Calls.Clear();
        Assert.Equal(HttpStatusCode.OK, await bed.LogoutAsync(at.AddSeconds(1)));
        Assert.Contains(bed.Calls, static call => call.Method == "EndAsync");
    }

    [Fact]
    public async Task AreReplacedBeforeTheyLiveLessThanAnHour()
    {
        await using var bed = await OpenAsync();
        var at = bed.Clock.GetUtcNow();
        Assert.Equal(HttpStatusCode.OK, await bed.LogoutAsync(at));
        bed.Clock.Advance(TimeSpan.FromMinutes(50));
        bed.Calls.Clear();

        Assert.Equal(HttpStatusCode.OK, await bed.LogoutAsync(at));

        var note = Assert.Single(
            bed.Calls.Where(static call => call.Method == "CreateAsync").Select(static call => (SessionRecord)call.About!).TakeLast(2),
            record => record.Lifetimes.AbsoluteTimeout == TimeSpan.FromMinutes(90));
        Assert.Equal(SessionState.Note, note.State);
        Assert.Contains(bed.Calls, static call => call.Method == "EndAsync");
    }

    [Fact]
    [Trait("abuse", "K32")]
    public async Task OfAReplayLiveUntilTheTokenIsTooOld()
    {
        await using var bed = await OpenAsync(
            static o => (o.MaxLogoutTokenAge, o.ClockSkew) = (TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(2)));

        // The clock of the provider is ahead by as much as is tolerated.
        var issuedAt = bed.Clock.GetUtcNow().AddMinutes(2);
        var claims = bed.Provider.Claims("sid-1", null, issuedAt);
        claims["exp"] = issuedAt.AddHours(1).ToUnixTimeSeconds();
        string token = bed.Provider.Key.Sign(bed.Provider.Header(), claims);
        Assert.Equal(HttpStatusCode.OK, (await bed.Node.LogoutAsync(token)).Status);

        bed.Clock.Advance(TimeSpan.FromMinutes(14) - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.BadRequest, (await bed.Node.LogoutAsync(token)).Status);
        bed.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.BadRequest, (await bed.Node.LogoutAsync(token)).Status);

        string[] refusals = [.. bed.Node.Refusals];
        Assert.Contains("replay", refusals[0], StringComparison.Ordinal);
        Assert.Contains("MaxLogoutTokenAge", refusals[1], StringComparison.Ordinal);
    }

    /// <summary>An administrator ends all sessions while a user signs in whom the provider has just signed out.</summary>
    [Fact]
    public async Task SurviveTheEndOfAllSessions()
    {
        var (reached, release) = (NewGate(), NewGate());
        await using var bed = await OpenAsync();
        bed.Store.BeforeCreation = async record =>
        {
            if (record.State == SessionState.SignedIn)
            {
                reached.SetResult();
                await release.Task;
            }
        };
        var browser = new TestBrowser();
        var login = browser.VisitAsync(bed.Node, "/login");
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, await bed.LogoutAsync(TimeProvider.System.GetUtcNow()));
        await bed.Memory.ClearAsync(TestContext.Current.CancellationToken);
        release.SetResult();
        await login;

        Assert.Equal("", await browser.WhoAsync(bed.Node));
    }

    private static TaskCompletionSource NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task<Bed> OpenAsync(Action<SactOpenIdConnectOptions>? settings = null)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var provider = await TestProvider.StartAsync();
        var memory = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock });
        var (store, calls) = SwitchableStore.Over(memory);
        return new Bed(clock, memory, provider, await TestNode.StartAsync(
            provider, store, clock, settings: settings ?? (static o => o.MaxLogoutTokenAge = TimeSpan.FromHours(1))), calls);
    }

    private sealed record Bed(
        FakeTimeProvider Clock, MemoryStore Memory, TestProvider Provider, TestNode Node, SwitchableStore Store) : IAsyncDisposable
    {
        public System.Collections.Concurrent.ConcurrentQueue<(string Method, object? About)> Calls => Store.Calls;

        public async Task<HttpStatusCode> LogoutAsync(DateTimeOffset issuedAt)
        {
            var claims = Provider.Claims("sid-1", null, issuedAt);
            claims["exp"] = Clock.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds();
            return (await Node.LogoutAsync(Provider.Key.Sign(Provider.Header(), claims))).Status;
        }

        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await Provider.DisposeAsync();
        }
    }
}
