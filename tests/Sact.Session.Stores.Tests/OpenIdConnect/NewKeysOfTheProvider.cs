using System.Net;
using Microsoft.Extensions.Time.Testing;
using Sact.Session.Tests;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>The provider changes its keys, and others invent some.</summary>
public sealed class NewKeysOfTheProvider
{
    [Fact]
    public async Task AreAcceptedAtOnce()
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore());
        var browser = await TestBrowser.SignInAsync(node);
        string old = provider.LogoutToken("sid-of-somebody-else");
        provider.Rotate("second");

        Assert.Equal((HttpStatusCode.OK, ""), await node.LogoutAsync(provider.LogoutToken()));

        Assert.Equal("", await browser.WhoAsync(node));
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(old)).Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Trait("abuse", "K32")]
    public async Task ThatAreInventedMakeOneReadOfTheKeysAMinute(int hoursThatTheClockIsSetBack)
    {
        var running = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var clock = new JumpingClock(running);
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore(), clock);
        using var invented = new SigningKey("invented");
        string Forged() => invented.Sign(new() { ["alg"] = "RS256", ["kid"] = "invented" }, provider.Claims(now: clock.GetUtcNow()));
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken(now: clock.GetUtcNow()))).Status);
        int before = provider.KeysRead;

        Assert.Equal(HttpStatusCode.BadRequest, (await node.LogoutAsync(Forged())).Status);
        for (int i = 0; i < 20; i++)
        {
            // Nobody knows yet whether the key is new, so the provider may try again.
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await node.LogoutAsync(Forged())).Status);
        }

        // The manager of the framework reads them as well.
        Assert.InRange(provider.KeysRead - before, 1, 2);
        provider.Rotate("second");
        clock.Jump(TimeSpan.FromHours(-hoursThatTheClockIsSetBack));
        string real = provider.LogoutToken(now: clock.GetUtcNow());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await node.LogoutAsync(real)).Status);
        running.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(real)).Status);
        Assert.Equal(22, node.Refusals.Count());
    }
}
