using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task WithTheStockSessionBesideItTheHostDoesNotStart(bool middlewareFirst, bool servicesFirst)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddDataProtection();
        builder.Services.AddDistributedMemoryCache();
        Action[] services = [() => builder.Services.AddSession(), () => builder.Services.AddSactSession().AddHttpContextSession()];
        Array.ForEach(servicesFirst ? services : [.. services.Reverse()], add => add());
        await using var app = builder.Build();
        Action[] middleware = [() => app.UseSession(), () => app.UseSactSession()];
        Array.ForEach(middlewareFirst ? middleware : [.. middleware.Reverse()], use => use());
        app.Run(context => Task.CompletedTask);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync());

        Assert.Contains("Remove app.UseSession() and AddSession()", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServicesOfTheStockSessionThatNobodyUsesDoNoHarm()
    {
        await using var site = await BridgedSite.StartAsync(
            BridgedSite.Map,
            build: builder => builder.Services.AddDataProtection().Services.AddDistributedMemoryCache().AddSession());

        Assert.Equal("value", await site.TextAsync("/get/key", await site.DoAsync("/set/key/value")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnotherMiddlewareThatProvidesTheSessionIsReported(bool first)
    {
        static void Provide(WebApplication app) => app.Use((context, next) =>
        {
            context.Features.Set<ISessionFeature>(new OtherSession());
            return next(context);
        });

        var fault = await FaultAsync(app => Provide(app), app => Provide(app), first);

        Assert.Contains("Remove that middleware", fault.Message, StringComparison.Ordinal);
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
        Action<WebApplication>? after = null, Action<WebApplication>? before = null, bool? onlyBefore = null)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                if (onlyBefore != true)
                {
                    after?.Invoke(app);
                }

                app.Run(context =>
                {
                    context.Session.SetString("key", "value");
                    return Task.CompletedTask;
                });
            },
            before: onlyBefore == false ? null : before);
        return await Assert.ThrowsAsync<InvalidOperationException>(() => site.SendAsync("/"));
    }

    private sealed class OtherSession : ISessionFeature
    {
        private readonly Dictionary<string, byte[]> _values = [];

        public ISession Session
        {
            get => new Stored(_values);
            set => throw new NotSupportedException();
        }

        private sealed class Stored(Dictionary<string, byte[]> values) : ISession
        {
            public bool IsAvailable => true;

            public string Id => "other";

            public IEnumerable<string> Keys => values.Keys;

            public void Clear() => values.Clear();

            public Task CommitAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

            public Task LoadAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

            public void Remove(string key) => values.Remove(key);

            public void Set(string key, byte[] value) => values[key] = value;

            public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value) => values.TryGetValue(key, out value);
        }
    }
}
