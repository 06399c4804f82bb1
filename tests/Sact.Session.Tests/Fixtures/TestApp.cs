using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>
/// The services of an application without a server, validated as in development: every service is created once at build, and no singleton
/// may hold a scoped one.
/// </summary>
internal sealed class TestApp : IAsyncDisposable
{
    public TestApp(Action<IServiceCollection> register, bool withMiddleware = true)
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

    /// <summary>A request in a new scope. The calling code runs in it from now on.</summary>
    public HttpContext Request()
    {
        var context = new DefaultHttpContext { RequestServices = Services.CreateScope().ServiceProvider };
        Services.GetRequiredService<IHttpContextAccessor>().HttpContext = context;
        return context;
    }

    public ValueTask DisposeAsync() => Services.DisposeAsync();
}
