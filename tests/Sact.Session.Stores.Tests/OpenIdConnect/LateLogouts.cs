using System.Net;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A logout token that was delayed meets a sign-in whose alias is written and whose session is not.</summary>
public sealed class LateLogouts
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("abuse", "K33")]
    public async Task DuringASignInLeaveTheSessionToLaterLogouts(bool tickets)
    {
        var (reached, release) = (NewGate(), NewGate());
        var (store, hold) = SwitchableStore.Over(new MemoryStore());
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, store, tickets: tickets);
        hold.BeforeCreation = async record =>
        {
            if (record.State == SessionState.SignedIn)
            {
                reached.SetResult();
                await release.Task;
            }
        };
        var browser = new TestBrowser();
        var login = browser.VisitAsync(node, "/login");
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        var past = TimeProvider.System.GetUtcNow().AddSeconds(-30);
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken("sid-1", now: past))).Status);
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken(null, now: past))).Status);
        release.SetResult();
        await login;

        // The user signed in after the logout that came late.
        Assert.Equal("sub-alice", await browser.WhoAsync(node));
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken())).Status);
        Assert.Equal("", await browser.WhoAsync(node));
    }

    [Fact]
    public async Task RemoveAnAliasThatLeadsNowhereWhenItIsOld()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var store = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock });
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, store, clock);
        var browser = await TestBrowser.SignInAsync(node);
        await browser.VisitAsync(node, "/leave");
        string alias = ProviderNames.AliasOfSession(provider.Issuer, TestProvider.Client, "sid-1");

        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken(now: clock.GetUtcNow()))).Status);
        Assert.Single(await PostgreSqlStores.ListAsync(store, alias));

        clock.Advance(SessionRecord.SkewMargin + TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken(now: clock.GetUtcNow()))).Status);
        Assert.Empty(await PostgreSqlStores.ListAsync(store, alias));
    }

    private static TaskCompletionSource NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
