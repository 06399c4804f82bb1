using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Sact.Session.Stores.Tests;

namespace AspireAppHost;

/// <summary>The app host of the sample, started once, over a Redis and a PostgreSQL of the tests.</summary>
public sealed class RunningAppHost : IAsyncLifetime
{
    private RedisServer? _redis;
    private PostgresServer? _postgres;
    private IDistributedApplicationTestingBuilder? _builder;
    private DistributedApplication? _application;

    public DistributedApplication Application => _application!;

    public static async Task<IDistributedApplicationTestingBuilder> BuilderAsync(params string[] arguments) =>
        await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(arguments);

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _postgres = await PostgresServer.StartAsync();
        _builder = await BuilderAsync(
            $"--ConnectionStrings:cache={_redis.Configuration}", $"--ConnectionStrings:db={_postgres.ConnectionString}");
        _application = await _builder.BuildAsync();
        await _application.StartAsync();
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await _application.ResourceNotifications.WaitForResourceHealthyAsync("shop", timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await (_application?.DisposeAsync() ?? default);
        await (_builder?.DisposeAsync() ?? default);
        await (_redis?.DisposeAsync() ?? default);
        await (_postgres?.DisposeAsync() ?? default);
    }
}
