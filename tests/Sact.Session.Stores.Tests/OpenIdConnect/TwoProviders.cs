using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>An application with two providers. The user signed in at one of them.</summary>
public sealed class TwoProviders
{
    [Theory]
    [InlineData(0)]
    [InlineData(61)]
    public async Task NeverGetTokensOfEachOther(int minutes)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var provider = await TestProvider.StartAsync();
        await using var other = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(
            provider,
            new MemoryStore(new MemoryStoreOptions { TimeProvider = clock }),
            clock,
            services: services =>
            {
                services.AddTransient<IStartupFilter, OtherToken>();
                services.AddAuthentication().AddOpenIdConnect("Other", o =>
                {
                    o.Authority = other.Issuer;
                    o.RequireHttpsMetadata = false;
                    o.ClientId = TestProvider.Client;
                    o.ClientSecret = TestProvider.Secret;
                    o.CallbackPath = "/signin-other";
                }).AddSactOpenIdConnect("Other");
            });
        var browser = await TestBrowser.SignInAsync(node);
        clock.Advance(TimeSpan.FromMinutes(minutes));

        Assert.Equal("none", (await browser.VisitAsync(node, "/other-token")).Body);

        Assert.Equal(0, other.Refreshes);
        Assert.Equal(0, provider.Refreshes);
        Assert.StartsWith("access-", (await browser.VisitAsync(node, "/token")).Body, StringComparison.Ordinal);
    }

    private sealed class OtherToken : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            next(app);
            app.Map("/other-token", page => page.Run(static async context =>
                await context.Response.WriteAsync(await context.GetSactAccessTokenAsync("Other") ?? "none")));
        };
    }
}
