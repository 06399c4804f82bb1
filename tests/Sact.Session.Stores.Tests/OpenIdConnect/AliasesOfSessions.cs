using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>What an alias of a session is, how long it lives and what it ends.</summary>
public sealed class AliasesOfSessions
{
    [Fact]
    public async Task LiveAsLongAsAStepUpCanLengthenTheSession()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(
            provider,
            new MemoryStore(new MemoryStoreOptions { TimeProvider = clock }),
            clock,
            configure: o => o.Events.OnTicketReceived = context =>
            {
                context.Properties!.ExpiresUtc = clock.GetUtcNow().AddHours(1);
                return Task.CompletedTask;
            },
            services: static services => services.AddTransient<IStartupFilter, StepUp>());
        var browser = await TestBrowser.SignInAsync(node);
        Assert.Equal("True", (await browser.VisitAsync(node, "/raise")).Body);
        for (int i = 0; i < 4; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(30));
            Assert.Equal("sub-alice", await browser.WhoAsync(node));
        }

        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken(now: clock.GetUtcNow()))).Status);

        Assert.Equal("", await browser.WhoAsync(node));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AreInTheStoreBeforeTheSession(bool tickets)
    {
        await using var provider = await TestProvider.StartAsync();
        var (store, calls) = SwitchableStore.Over(new MemoryStore());
        await using var node = await TestNode.StartAsync(provider, store, tickets: tickets);
        await TestBrowser.SignInAsync(node);

        var created = calls.Calls.Where(static call => call.Method == "CreateAsync").Select(static call => (SessionRecord)call.About!);
        Assert.Equal(
            [SessionState.Note, SessionState.Note, SessionState.SignedIn], created.Select(static record => record.State));
    }

    [Fact]
    [Trait("abuse", "K33")]
    public async Task ThatLeadToASessionWithoutTheirNameDoNotEndIt()
    {
        await using var provider = await TestProvider.StartAsync();
        var store = new MemoryStore();
        await using var node = await TestNode.StartAsync(provider, store);
        var alice = await TestBrowser.SignInAsync(node);
        (provider.User, provider.SessionId) = ("sub-mallory", "sid-2");
        await TestBrowser.SignInAsync(node);

        // Somebody who can write to the store, but not into the session of another user, names it in an alias.
        string mallorys = ProviderNames.AliasOfSession(provider.Issuer, TestProvider.Client, "sid-2");
        string alices = ProviderNames.AliasOfSession(provider.Issuer, TestProvider.Client, "sid-1");
        var real = Assert.Single(await PostgreSqlStores.ListAsync(store, alices));
        var planted = real with { Key = store.GetSessionKey(store.CreateSessionId(mallorys)), UserId = mallorys };
        await store.CreateAsync(planted, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken("sid-2", null))).Status);

        Assert.Equal("sub-alice", await alice.WhoAsync(node));
        Assert.Single(await PostgreSqlStores.ListAsync(store, "sub-alice"));
        Assert.Empty(await PostgreSqlStores.ListAsync(store, "sub-mallory"));
    }

    /// <summary>Lengthens the session when the user proves a second factor.</summary>
    private sealed class StepUp : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            next(app);
            app.Map("/raise", page => page.Run(static async context => await context.Response.WriteAsync(
                $"{await context.GetSactSession().RaiseAsync(2, new SessionSignInOptions { AbsoluteTimeout = TimeSpan.FromHours(8) })}")));
        };
    }
}
