using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Sact.Session.Stores.Tests.EntityFramework;
using Sact.Session.Stores.Tests.Sqlite;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>Two nodes over one store. The user signs in at one node, and the provider calls the other one.</summary>
public abstract class LogoutOverAStore
{
    private protected abstract ValueTask<StoreContractSubject> SubjectAsync();

    [Fact]
    public async Task BySessionEndsThatSessionOnEveryNode()
    {
        await using var bed = await OpenAsync();
        var laptop = await bed.SignInAsync("sid-1");
        var again = await bed.SignInAsync("sid-1");
        var phone = await bed.SignInAsync("sid-2");

        Assert.Equal((HttpStatusCode.OK, ""), await bed.Other.LogoutAsync(bed.Provider.LogoutToken("sid-1")));

        foreach (var node in (TestNode[])[bed.Node, bed.Other])
        {
            Assert.Equal("False IdentityProvider", (await laptop.VisitAsync(node, "/why")).Body);
            Assert.Equal("False IdentityProvider", (await again.VisitAsync(node, "/why")).Body);
            Assert.Equal("sub-alice", await phone.WhoAsync(node));
        }

        Assert.Equal(1, await bed.CountAsync());
    }

    [Fact]
    public async Task BySubjectEndsAllSessionsOfTheUserAndNoOthers()
    {
        await using var bed = await OpenAsync();
        TestBrowser[] alices = [await bed.SignInAsync("sid-1"), await bed.SignInAsync("sid-2"), await bed.SignInAsync(null)];
        bed.Provider.User = "sub-bob";
        var bob = await bed.SignInAsync("sid-3");

        Assert.Equal((HttpStatusCode.OK, ""), await bed.Other.LogoutAsync(bed.Provider.LogoutToken(null)));

        foreach (var browser in alices)
        {
            Assert.Equal("False IdentityProvider", (await browser.VisitAsync(bed.Node, "/why")).Body);
        }

        Assert.Equal("sub-bob", await bob.WhoAsync(bed.Node));
        Assert.Equal(1, await bed.CountAsync());
    }

    [Fact]
    [Trait("abuse", "K32")]
    public async Task AReplayAtAnotherNodeIsRefused()
    {
        await using var bed = await OpenAsync();
        string token = bed.Provider.LogoutToken(null, now: TimeProvider.System.GetUtcNow().AddMinutes(-1));
        Assert.Equal(HttpStatusCode.OK, (await bed.Node.LogoutAsync(token)).Status);
        var later = await bed.SignInAsync("sid-1");

        Assert.Equal((HttpStatusCode.BadRequest, ""), await bed.Other.LogoutAsync(token));

        Assert.Contains("replay", Assert.Single(bed.Other.Refusals), StringComparison.Ordinal);
        Assert.Equal("sub-alice", await later.WhoAsync(bed.Node));
    }

    [Theory]
    [InlineData("sid-1")]
    [InlineData(null)]
    [Trait("abuse", "K33")]
    public async Task DuringASignInLeavesNoSession(string? sid)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bed = await OpenAsync();
        await using var slow = await TestNode.StartAsync(bed.Provider, bed.Store, configure: o => o.Events.OnTokenValidated = async _ =>
        {
            reached.SetResult();
            await release.Task;
        });
        var signingIn = new TestBrowser();
        var visit = signingIn.VisitAsync(slow, "/why");
        Assert.Equal("False ", (await visit).Body);
        var login = signingIn.VisitAsync(slow, "/login");
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.OK, (await bed.Node.LogoutAsync(
            bed.Provider.LogoutToken(sid, now: TimeProvider.System.GetUtcNow().AddSeconds(5)))).Status);
        release.SetResult();
        await login;

        Assert.Equal("", await signingIn.WhoAsync(slow));
        Assert.Equal(0, await bed.CountAsync());
        Assert.Single(slow.Log.Entries, static entry => entry.Id == 404);
    }

    [Fact]
    public async Task SparesASignInThatBeganLater()
    {
        await using var bed = await OpenAsync();
        var past = TimeProvider.System.GetUtcNow().AddSeconds(-30);
        Assert.Equal(HttpStatusCode.OK, (await bed.Node.LogoutAsync(bed.Provider.LogoutToken("sid-1", now: past))).Status);
        Assert.Equal(HttpStatusCode.OK, (await bed.Node.LogoutAsync(bed.Provider.LogoutToken(null, now: past.AddSeconds(-5)))).Status);

        var browser = await bed.SignInAsync("sid-1");

        Assert.Equal("sub-alice", await browser.WhoAsync(bed.Node));
        Assert.Equal(HttpStatusCode.OK, (await bed.Node.LogoutAsync(bed.Provider.LogoutToken("sid-1"))).Status);
        Assert.Equal("", await browser.WhoAsync(bed.Node));
    }

    [Fact]
    [Trait("abuse", "K35")]
    public async Task OneOfManyRequestsRefreshesTheTokens()
    {
        await using var bed = await OpenAsync();
        bed.Provider.TokenLife = 0;
        var browser = await bed.SignInAsync("sid-1");
        bed.Provider.TokenLife = 3600;
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bed.Provider.AnswerToRefresh = async () =>
        {
            asked.TrySetResult();
            await start.Task;
            return null;
        };
        var answers = Enumerable.Range(0, 8).Select(i => browser.Copy().VisitAsync(i % 2 == 0 ? bed.Node : bed.Other, "/token")).ToArray();
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1));
        start.SetResult();
        var tokens = await Task.WhenAll(answers);

        Assert.StartsWith("access-", Assert.Single(tokens.Distinct()).Body, StringComparison.Ordinal);
        Assert.Equal(1, bed.Provider.Refreshes);
        Assert.Empty(bed.Provider.Reused);
        Assert.Equal(tokens[0], await browser.VisitAsync(bed.Other, "/framework-token"));
    }

    private async Task<Bed> OpenAsync()
    {
        var subject = await SubjectAsync();
        string prefix = "oidc-" + Guid.NewGuid().ToString("n")[..12];
        var store = await subject.OpenAsync(TimeProvider.System, prefix, TestContext.Current.CancellationToken);
        var other = subject.SharesData
            ? await subject.OpenAsync(TimeProvider.System, prefix, TestContext.Current.CancellationToken)
            : store;
        var provider = await TestProvider.StartAsync();
        return new Bed(
            subject, store, provider, await TestNode.StartAsync(provider, store), await TestNode.StartAsync(provider, other));
    }

    private sealed record Bed(StoreContractSubject Subject, IGenericStore Store, TestProvider Provider, TestNode Node, TestNode Other)
        : IAsyncDisposable
    {
        public Task<TestBrowser> SignInAsync(string? sid)
        {
            Provider.SessionId = sid;
            return TestBrowser.SignInAsync(Node);
        }

        public ValueTask<long> CountAsync() => Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken);

        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await Other.DisposeAsync();
            await Provider.DisposeAsync();
            await Subject.DisposeAsync();
        }
    }
}

public sealed class LogoutOverMemory : LogoutOverAStore
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new MemorySubject());
}

public sealed class LogoutOverSqlite : LogoutOverAStore
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new SqliteSubject(inMemory: false));
}

public sealed class LogoutOverPostgreSql(SharedPostgres shared) : LogoutOverAStore
{
    private protected override async ValueTask<StoreContractSubject> SubjectAsync() => new PostgreSqlSubject(await shared.GetAsync());
}

public sealed class LogoutOverRedis(SharedRedis shared) : LogoutOverAStore
{
    private protected override async ValueTask<StoreContractSubject> SubjectAsync() => new RedisSubject(await shared.ConnectionsAsync());
}

public sealed class LogoutOverRedisCluster(SharedRedisCluster shared) : LogoutOverAStore
{
    private protected override async ValueTask<StoreContractSubject> SubjectAsync() => new RedisSubject(await shared.ConnectionsAsync());
}

public sealed class LogoutOverEntityFramework(SqliteOfEntityFramework fixture) : LogoutOverAStore, IClassFixture<SqliteOfEntityFramework>
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new EntityFrameworkSubject(fixture));
}
