using System.Net;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A refresh fails by a fault of the application or of the provider. The next try is five seconds later, not thirty.</summary>
public sealed class RefreshesThatFail
{
    [Fact]
    public async Task ByAFaultOfTheApplicationThrowItAndAreTriedSoon()
    {
        bool isBroken = true;
        await using var bed = await OpenAsync(o => o.OnTokenRequest = (_, _) =>
            isBroken ? throw new InvalidOperationException("The key of the client is missing.") : ValueTask.CompletedTask);
        string first = (await bed.TokenAsync()).Body;
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));

        Assert.Equal(HttpStatusCode.InternalServerError, (await bed.TokenAsync()).Status);

        isBroken = false;
        await bed.IsTriedAfterThePauseAsync(first);
    }

    [Fact]
    public async Task ByACancellationOfTheApplicationKeepTheToken()
    {
        bool isBroken = true;
        await using var bed = await OpenAsync(o => o.OnTokenRequest = (_, _) =>
            isBroken ? throw new OperationCanceledException() : ValueTask.CompletedTask);
        string first = (await bed.TokenAsync()).Body;
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));

        Assert.Equal((HttpStatusCode.OK, first), await bed.TokenAsync());

        isBroken = false;
        await bed.IsTriedAfterThePauseAsync(first);
    }

    [Fact]
    public async Task ForLackOfATokenEndpointKeepTheToken()
    {
        await using var bed = await OpenAsync();
        string first = (await bed.TokenAsync()).Body;
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));
        var options = bed.Node.Services.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get("OpenIdConnect");
        options.Configuration = new OpenIdConnectConfiguration();

        Assert.Equal((HttpStatusCode.OK, first), await bed.TokenAsync());

        Assert.Single(bed.Node.Log.Entries, static entry => entry.Id == 405);
        options.Configuration = null;
        await bed.IsTriedAfterThePauseAsync(first);
    }

    [Theory]
    [InlineData("""{"error":"\ud800"}""")]
    [InlineData("""{"access_token":"\ud800"}""")]
    [InlineData("""{"access_token":"x","expires_in":"\ud800"}""")]
    public async Task ByAnAnswerThatIsNoUnicodeKeepAToken(string answer)
    {
        await using var bed = await OpenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(59.5));
        bed.Provider.AnswerToRefresh = () => Task.FromResult<IResult?>(Results.Text(answer));

        Assert.Equal(HttpStatusCode.OK, (await bed.TokenAsync()).Status);
    }

    private static async Task<Bed> OpenAsync(Action<SactOpenIdConnectOptions>? settings = null)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var provider = await TestProvider.StartAsync();
        var store = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock });
        var node = await TestNode.StartAsync(provider, store, clock, settings: settings);
        return new Bed(clock, provider, node, await TestBrowser.SignInAsync(node));
    }

    private sealed record Bed(FakeTimeProvider Clock, TestProvider Provider, TestNode Node, TestBrowser Browser) : IAsyncDisposable
    {
        public Task<(HttpStatusCode Status, string Body)> TokenAsync() => Browser.VisitAsync(Node, "/token");

        public async Task IsTriedAfterThePauseAsync(string before)
        {
            Assert.Equal((HttpStatusCode.OK, before), await TokenAsync());
            Assert.Equal(0, Provider.Refreshes);
            Clock.Advance(TimeSpan.FromSeconds(6));
            Assert.NotEqual(before, (await TokenAsync()).Body);
            Assert.Equal(1, Provider.Refreshes);
        }

        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await Provider.DisposeAsync();
        }
    }
}
