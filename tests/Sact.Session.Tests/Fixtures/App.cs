using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>An application's services without a server, checked as in development: every service is made once at build, and no singleton may hold a scoped one.</summary>
internal sealed class App : IAsyncDisposable
{
    public App(Action<IServiceCollection> register, bool withMiddleware = true)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Clock);
        register(services);
        Services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        if (withMiddleware)
        {
            new ApplicationBuilder(Services).UseSactSession();
        }
    }

    public FakeTimeProvider Clock { get; } = new();

    public ServiceProvider Services { get; }

    /// <summary>A request in a scope of its own, which the calling code runs in from here on.</summary>
    public HttpContext Request()
    {
        var context = new DefaultHttpContext { RequestServices = Services.CreateScope().ServiceProvider };
        Services.GetRequiredService<IHttpContextAccessor>().HttpContext = context;
        return context;
    }

    public ValueTask DisposeAsync() => Services.DisposeAsync();
}
