using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A missing middleware, a wrong order or a duplicate: the message says how to fix it.</summary>
public sealed class WrongSetup
{
    [Fact]
    public async Task WithoutTheMiddlewareTheHostDoesNotStart()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddSactSession().AddHttpContextSession();
        await using var app = builder.Build();
        app.Run(context => Task.CompletedTask);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync());

        Assert.Contains("app.UseSactSession()", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UsingTheSessionBeforeTheMiddlewareIsReported()
    {
        var fault = await FaultAsync(before: app => app.Use((context, next) =>
        {
            _ = context.Session;
            return next();
        }));

        Assert.Contains("before UseSactSession() ran", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheStockSessionBesideItIsRefused(bool first)
    {
        var fault = await FaultAsync(
            app =>
            {
                if (!first)
                {
                    app.UseSession();
                }
            },
            app =>
            {
                if (first)
                {
                    app.UseSession();
                }
            });

        Assert.Contains("Remove app.UseSession()", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyOneRegistrationCanHaveIt()
    {
        var services = new ServiceCollection();
        services.AddSactSession().AddHttpContextSession();
        services.AddSactSession().AddHttpContextSession(options => options.KeepAtSignIn = true);

        var fault = Assert.Throws<InvalidOperationException>(() => services.AddSactSession("admin").AddHttpContextSession());

        Assert.Contains("on one registration only", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddingTheMiddlewareTwiceHasNoEffect()
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            app.UseSactSession();
            BridgedSite.Map(app);
        });

        Assert.Equal("value", await site.TextAsync("/get/key", await site.DoAsync("/set/key/value")));
    }

    private static async Task<InvalidOperationException> FaultAsync(
        Action<WebApplication>? after = null, Action<WebApplication>? before = null)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                after?.Invoke(app);
                app.Run(context =>
                {
                    context.Session.SetString("key", "value");
                    return Task.CompletedTask;
                });
            },
            build: builder => builder.Services.AddDataProtection().Services.AddDistributedMemoryCache().AddSession(),
            before: before);
        return await Assert.ThrowsAsync<InvalidOperationException>(() => site.SendAsync("/"));
    }
}
