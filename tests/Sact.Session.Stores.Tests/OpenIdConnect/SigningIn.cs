using System.Net;
using System.Security.Claims;
using System.Text;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A user who signs in at the provider, and what the store has of it.</summary>
public sealed class SigningIn
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task IsASessionThatTheProviderEnds(bool tickets)
    {
        await using var provider = await TestProvider.StartAsync();
        var store = new MemoryStore();
        await using var node = await TestNode.StartAsync(provider, store, tickets: tickets);
        var browser = await TestBrowser.SignInAsync(node);
        Assert.Equal("sub-alice", await browser.WhoAsync(node));
        Assert.Equal(1, await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));

        Assert.Equal((HttpStatusCode.OK, ""), await node.LogoutAsync(provider.LogoutToken()));

        Assert.Empty(node.Refusals);
        Assert.Equal("", await browser.WhoAsync(node));
        Assert.Equal(0, await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("abuse", "K1")]
    public async Task LeavesNothingOfTheProviderInADump()
    {
        string folder = Directory.CreateTempSubdirectory("sact-oidc-").FullName;
        try
        {
            await using var provider = await TestProvider.StartAsync();
            (provider.User, provider.SessionId) = ("canary-subject", "canary-session");
            string connection = $"Data Source={Path.Combine(folder, "app.db")};Pooling=False";
            using (var store = new SqliteStore(new SqliteStoreOptions { ConnectionString = connection }))
            {
                await using var node = await TestNode.StartAsync(provider, store, configure: static o =>
                    o.Events.OnTokenValidated = static context =>
                    {
                        context.Principal = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, "local-7")], "local"));
                        return Task.CompletedTask;
                    });
                var browser = await TestBrowser.SignInAsync(node);
                Assert.StartsWith("access-", (await browser.VisitAsync(node, "/token")).Body, StringComparison.Ordinal);
                Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken("another-session", null))).Status);
            }

            string dump = string.Concat(
                Directory.EnumerateFiles(folder).Select(static file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
            Assert.Contains("local-7", dump, StringComparison.Ordinal);
            Assert.Contains("$alias:", dump, StringComparison.Ordinal);
            foreach (string canary in (string[])["canary", "another-session", "access-", "refresh-", provider.Issuer])
            {
                Assert.DoesNotContain(canary, dump, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
