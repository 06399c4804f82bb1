using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>The access token of a session, before and after it expires.</summary>
public sealed class AccessTokens
{
    private static IResult Refusal => Results.Json(new JsonObject { ["error"] = "invalid_grant" }, statusCode: 400);

    [Fact]
    public async Task ThatIsFreshIsReturnedAsItIs()
    {
        await using var bed = await OpenAsync();

        Assert.Equal(await bed.FrameworkTokenAsync(), await bed.TokenAsync());
        Assert.Equal(0, bed.Provider.Refreshes);
    }

    [Fact]
    public async Task ThatExpiresSoonIsRefreshedOnce()
    {
        await using var bed = await OpenAsync();
        string first = await bed.TokenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));

        string second = await bed.TokenAsync();

        Assert.NotEqual(first, second);
        Assert.Equal(second, await bed.TokenAsync());
        Assert.Equal(second, await bed.FrameworkTokenAsync());
        Assert.Equal(1, bed.Provider.Refreshes);
        bed.Clock.Advance(TimeSpan.FromMinutes(60));
        Assert.NotEqual(second, await bed.TokenAsync());
        Assert.Equal(2, bed.Provider.Refreshes);
        Assert.Empty(bed.Provider.Reused);
    }

    [Fact]
    public async Task ThatIsBeingRefreshedIsReturnedToOthersWhileItLives()
    {
        await using var bed = await OpenAsync();
        string first = await bed.TokenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));
        var (asked, release) = bed.HoldRefresh();
        var refreshing = bed.TokenAsync();
        await asked.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(first, await bed.TokenAsync());

        release.SetResult();
        Assert.NotEqual(first, await refreshing);
        Assert.Equal(1, bed.Provider.Refreshes);
    }

    [Fact]
    public async Task ThatTheProviderRefusesToRefreshIsNotTriedAgain()
    {
        await using var bed = await OpenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(61));
        bed.Provider.AnswerToRefresh = static () => Task.FromResult<IResult?>(Refusal);

        Assert.Equal("none", await bed.TokenAsync());
        Assert.Equal("none", await bed.TokenAsync());

        Assert.Equal(1, bed.Provider.Refreshes);
        Assert.Single(bed.Node.Log.Entries, static entry => entry.Id == 406);
        Assert.Equal("sub-alice", await bed.Browser.WhoAsync(bed.Node));
    }

    [Theory]
    [InlineData("500")]
    [InlineData("text")]
    [InlineData("no token")]
    [InlineData("array")]
    public async Task OfAProviderThatFailsStaysAndIsTriedAgainLater(string failure)
    {
        await using var bed = await OpenAsync();
        string first = await bed.TokenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));
        bed.Provider.AnswerToRefresh = () => Task.FromResult<IResult?>(failure switch
        {
            "500" => Results.StatusCode(500),
            "text" => Results.Text("<html>"),
            "array" => Results.Json(new JsonArray(1)),
            _ => Results.Json(new JsonObject { ["token_type"] = "Bearer" }),
        });

        Assert.Equal(first, await bed.TokenAsync());
        Assert.Equal(first, await bed.TokenAsync());
        Assert.Equal(1, bed.Provider.Refreshes);
        Assert.Single(bed.Node.Log.Entries, static entry => entry.Id == 405);

        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("none", await bed.TokenAsync());
        Assert.Equal("none", await bed.TokenAsync());
        Assert.Equal(2, bed.Provider.Refreshes);

        bed.Provider.AnswerToRefresh = null;
        bed.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.StartsWith("access-", await bed.TokenAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfANodeThatDiedWhileItRefreshedAreRefreshedByAnother()
    {
        await using var bed = await OpenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(61));
        var (asked, release) = bed.HoldRefresh(Results.StatusCode(500));
        var dead = bed.TokenAsync();
        await asked.WaitAsync(TimeSpan.FromSeconds(20));
        bed.Provider.AnswerToRefresh = null;
        bed.Clock.Advance(TimeSpan.FromSeconds(31));

        string token = await bed.TokenAsync();

        Assert.StartsWith("access-", token, StringComparison.Ordinal);
        release.SetResult();
        await dead;
        Assert.Equal(token, await bed.TokenAsync());
    }

    [Fact]
    [Trait("abuse", "K35")]
    public async Task AreNotRefreshedAgainByARequestThatReadTheSessionBefore()
    {
        // The request stops between its read and its claim. Meanwhile another one refreshes, start to end.
        var (stopped, goesOn) = (NewGate(), NewGate());
        var (store, hold) = SwitchableStore.Over(new MemoryStore());
        await using var provider = await TestProvider.StartAsync();
        provider.TokenLife = 0;
        await using var node = await TestNode.StartAsync(provider, store);
        var browser = await TestBrowser.SignInAsync(node);
        provider.TokenLife = 3600;
        hold.Before = async method =>
        {
            if (method == nameof(IGenericStore.UpdateAsync))
            {
                hold.Before = null;
                stopped.SetResult();
                await goesOn.Task;
            }
        };
        var late = browser.Copy().VisitAsync(node, "/token");
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20));
        string token = (await browser.VisitAsync(node, "/token")).Body;
        goesOn.SetResult();

        Assert.Equal(token, (await late).Body);
        Assert.Equal(1, provider.Refreshes);
        Assert.Empty(provider.Reused);
    }

    [Fact]
    public async Task OfASessionThatEndsMeanwhileAreRevoked()
    {
        await using var bed = await OpenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(61));
        var (asked, release) = bed.HoldRefresh();
        var refreshing = bed.TokenAsync();
        await asked.WaitAsync(TimeSpan.FromSeconds(20));
        await bed.Browser.Copy().VisitAsync(bed.Node, "/leave");
        release.SetResult();

        Assert.Equal("none", await refreshing);
        for (int i = 0; i < 2; i++)
        {
            Assert.True(await bed.Provider.Revoking.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }

        Assert.Equal(2, bed.Provider.Revoked.Distinct().Count());
    }

    /// <summary>The user has consented again, say, and the application keeps what it got with SignInAsync.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OfTheApplicationTakeThePlaceOfThoseThatWereRefreshed(bool refused)
    {
        await using var bed = await OpenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(61));
        bed.Provider.AnswerToRefresh = refused ? static () => Task.FromResult<IResult?>(Refusal) : null;
        Assert.Equal(refused, await bed.TokenAsync() == "none");

        await bed.Browser.VisitAsync(bed.Node, "/replace-token/mine");

        Assert.Equal("mine", await bed.FrameworkTokenAsync());
        Assert.Equal("mine", await bed.TokenAsync());
        Assert.Equal(1, bed.Provider.Refreshes);
    }

    /// <summary>The same by OnValidatePrincipal.</summary>
    [Fact]
    public async Task OfAValidatedPrincipalTakeThePlaceOfThoseThatWereRefreshed()
    {
        bool replaces = false;
        await using var bed = await OpenAsync(services: services => services.Configure<CookieAuthenticationOptions>(
            SactSessionDefaults.AuthenticationScheme,
            options => options.Events.OnValidatePrincipal = context =>
            {
                context.ShouldRenew = replaces && context.Properties.UpdateTokenValue("access_token", "mine");
                return Task.CompletedTask;
            }));
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));
        string refreshed = await bed.TokenAsync();
        Assert.Equal(refreshed, await bed.FrameworkTokenAsync());

        replaces = true;
        Assert.Equal("mine", await bed.FrameworkTokenAsync());
        replaces = false;

        Assert.Equal("mine", await bed.FrameworkTokenAsync());
        Assert.Equal("mine", await bed.TokenAsync());
    }

    [Fact]
    public async Task OfTheApplicationAreNotDroppedByARefreshThatBeganBeforeAndIsRefused()
    {
        await using var bed = await OpenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(61));
        var (asked, release) = bed.HoldRefresh(Refusal);
        var refreshing = bed.Browser.Copy().VisitAsync(bed.Node, "/token");
        await asked.WaitAsync(TimeSpan.FromSeconds(20));

        await bed.Browser.VisitAsync(bed.Node, "/replace-token/mine");
        release.SetResult();

        // The sign-in has replaced the id with which that request came.
        Assert.Equal("none", (await refreshing).Body);
        Assert.Equal("mine", await bed.FrameworkTokenAsync());
    }

    /// <summary>Another sign-in with the properties of this request writes the claims again, and nothing that it has not changed.</summary>
    [Fact]
    public async Task ThatWereRefreshedStayWhenTheApplicationRefreshesTheClaims()
    {
        await using var bed = await OpenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));
        string token = await bed.TokenAsync();

        await bed.Browser.VisitAsync(bed.Node, "/refresh-claims");

        Assert.Equal(token, await bed.FrameworkTokenAsync());
        Assert.Equal(token, await bed.TokenAsync());
        Assert.Equal(1, bed.Provider.Refreshes);
    }

    [Fact]
    public async Task OfNobodyAreNone()
    {
        await using var bed = await OpenAsync();

        Assert.Equal("none", (await new TestBrowser().VisitAsync(bed.Node, "/token")).Body);
        Assert.Equal(0, bed.Provider.Refreshes);
    }

    [Fact]
    public async Task AreAskedForWithWhatTheApplicationAdds()
    {
        string? seen = null;
        await using var bed = await OpenAsync(o => o.OnTokenRequest = (message, _) =>
        {
            seen = message.GrantType;
            message.ClientSecret = "wrong";
            return ValueTask.CompletedTask;
        });
        bed.Clock.Advance(TimeSpan.FromMinutes(61));

        Assert.Equal("none", await bed.TokenAsync());

        Assert.Equal("refresh_token", seen);
        Assert.Single(bed.Node.Log.Entries, static entry => entry.Id == 405);
    }

    private static TaskCompletionSource NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task<Bed> OpenAsync(
        Action<SactOpenIdConnectOptions>? settings = null, Action<IServiceCollection>? services = null)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var provider = await TestProvider.StartAsync();
        var store = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock });
        var node = await TestNode.StartAsync(provider, store, clock, settings: settings, services: services);
        return new Bed(clock, provider, node, await TestBrowser.SignInAsync(node));
    }

    private sealed record Bed(FakeTimeProvider Clock, TestProvider Provider, TestNode Node, TestBrowser Browser) : IAsyncDisposable
    {
        /// <summary>The next refreshes reach the provider, and wait there. The first one completes the task.</summary>
        public (Task Asked, TaskCompletionSource Release) HoldRefresh(IResult? answer = null)
        {
            var (asked, release) = (NewGate(), NewGate());
            Provider.AnswerToRefresh = async () =>
            {
                asked.TrySetResult();
                await release.Task;
                return answer;
            };
            return (asked.Task, release);
        }

        public async Task<string> TokenAsync() => (await Browser.VisitAsync(Node, "/token")).Body;

        public async Task<string> FrameworkTokenAsync() => (await Browser.VisitAsync(Node, "/framework-token")).Body;

        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await Provider.DisposeAsync();
        }
    }
}
