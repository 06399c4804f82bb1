using System.Net;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A logout token has sid and sub. Some sessions of the user have only the sub (Back-Channel Logout 1.0 section 2.7).</summary>
public sealed class LogoutsWithSessionAndSubject
{
    [Fact]
    public async Task EndASessionThatIsKnownOnlyByItsSubject()
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore());
        var laptop = await SignInAsync(provider, node, "sid-1");
        var phone = await SignInAsync(provider, node, "sid-2");
        var nameless = await SignInAsync(provider, node, null);
        provider.User = "sub-bob";
        var bob = await SignInAsync(provider, node, null);

        Assert.Equal((HttpStatusCode.OK, ""), await node.LogoutAsync(provider.LogoutToken("sid-1")));

        Assert.Equal("", await laptop.WhoAsync(node));
        Assert.Equal("", await nameless.WhoAsync(node));
        Assert.Equal("sub-alice", await phone.WhoAsync(node));
        Assert.Equal("sub-bob", await bob.WhoAsync(node));

        // The session that was spared is still found by its subject.
        Assert.Equal((HttpStatusCode.OK, ""), await node.LogoutAsync(provider.LogoutToken(null)));
        Assert.Equal("", await phone.WhoAsync(node));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("sid-1", "")]
    [InlineData("sid-2", "sub-alice")]
    [Trait("abuse", "K33")]
    public async Task DuringASignInEndWhatTheyMean(string? signedIn, string who)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var provider = await TestProvider.StartAsync();
        provider.SessionId = signedIn;
        await using var node = await TestNode.StartAsync(provider, new MemoryStore(), configure: o => o.Events.OnTokenValidated = async _ =>
        {
            reached.SetResult();
            await release.Task;
        });
        var browser = new TestBrowser();
        var login = browser.VisitAsync(node, "/login");
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(
            provider.LogoutToken("sid-1", now: TimeProvider.System.GetUtcNow().AddSeconds(5)))).Status);
        release.SetResult();
        await login;

        Assert.Equal(who, await browser.WhoAsync(node));
    }

    private static Task<TestBrowser> SignInAsync(TestProvider provider, TestNode node, string? sid)
    {
        provider.SessionId = sid;
        return TestBrowser.SignInAsync(node);
    }
}
