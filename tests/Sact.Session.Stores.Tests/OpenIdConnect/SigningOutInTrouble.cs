using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>The user signs out while the settings or the store are broken. A refresh token waits to be revoked.</summary>
public sealed class SigningOutInTrouble
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task OfTheSettingsStopsNeitherTheHostNorTheNextRevocation()
    {
        bool isBroken = false;
        var (reached, release) = (NewGate(), NewGate());
        await using var provider = await TestProvider.StartAsync();
        var node = await TestNode.StartAsync(provider, new MemoryStore(), settings: _ => ThrowIf(isBroken));
        TestBrowser[] browsers =
            [await TestBrowser.SignInAsync(node), await TestBrowser.SignInAsync(node), await TestBrowser.SignInAsync(node)];
        provider.BeforeRevocation = async () =>
        {
            reached.TrySetResult();
            await release.Task;
        };
        await browsers[0].VisitAsync(node, "/leave");
        await reached.Task.WaitAsync(s_soon, TestContext.Current.CancellationToken);
        await browsers[1].VisitAsync(node, "/leave");
        var failed = NewGate();
        node.Log.Logged = id => _ = id == 407 && failed.TrySetResult();
        isBroken = true;
        Forget(node);
        release.SetResult();
        Assert.True(await provider.Revoking.WaitAsync(s_soon, TestContext.Current.CancellationToken));
        await failed.Task.WaitAsync(s_soon, TestContext.Current.CancellationToken);
        isBroken = false;
        Forget(node);
        await browsers[2].VisitAsync(node, "/leave");

        Assert.True(await provider.Revoking.WaitAsync(s_soon, TestContext.Current.CancellationToken));
        Assert.False(node.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        await node.DisposeAsync();
        Assert.Single(node.Log.Entries, static entry => entry.Id == 407);
    }

    [Fact]
    public async Task OfTheSettingsIsNotReportedAsUnreadableClaims()
    {
        bool isBroken = false;
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore(), settings: _ => ThrowIf(isBroken));
        var browser = await TestBrowser.SignInAsync(node);
        isBroken = true;
        Forget(node);

        Assert.Equal(HttpStatusCode.OK, (await browser.VisitAsync(node, "/leave")).Status);

        Assert.Equal("", await browser.WhoAsync(node));
        Assert.DoesNotContain("claims of session", node.Log.Text, StringComparison.Ordinal);
        Assert.Single(node.Log.Entries, static entry => entry.Id == 407);
    }

    [Theory]
    [InlineData("/leave-twice")]
    [InlineData("/everywhere-twice")]
    public async Task OfTheStoreRevokesTheTokenOnce(string path)
    {
        await using var provider = await TestProvider.StartAsync();
        var (store, down) = SwitchableStore.Over(new MemoryStore());
        await using (var node = await TestNode.StartAsync(
            provider, store, services: services => services.AddSingleton<IStartupFilter>(new Twice(down))))
        {
            var browser = await TestBrowser.SignInAsync(node);
            await browser.VisitAsync(node, path);
            Assert.Equal("", await browser.WhoAsync(node));
        }

        Assert.Single(provider.Revoked);
    }

    private static void ThrowIf(bool isBroken)
    {
        if (isBroken)
        {
            throw new InvalidOperationException("The configuration was reloaded, and a value is missing.");
        }
    }

    private static void Forget(TestNode node) =>
        node.Services.GetRequiredService<IOptionsMonitorCache<SactOpenIdConnectOptions>>().TryRemove("OpenIdConnect");

    private static TaskCompletionSource NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Pages that sign out while the store fails, and once more when it works.</summary>
    private sealed class Twice(SwitchableStore down) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            next(app);
            app.Map("/leave-twice", page => page.Run(context => TryTwiceAsync(async () => await context.GetSactSession().DeleteAsync())));
            app.Map("/everywhere-twice", page => page.Run(
                context => TryTwiceAsync(async () => await context.GetSactSession().DeleteAllSessionsAsync())));
        };

        private async Task TryTwiceAsync(Func<Task> signOut)
        {
            down.Fails = static (method, _) => method.StartsWith("End", StringComparison.Ordinal);
            await Assert.ThrowsAsync<SessionStoreException>(signOut);
            down.Fails = null;
            await signOut();
        }
    }
}
