using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sact.Session.Stores.Tests;

/// <summary>The health check over a store, as an application has it.</summary>
internal sealed class CheckedHealth : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public CheckedHealth(Func<IServiceProvider, IGenericStore> create, TimeProvider? clock = null, TimeSpan? timeout = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddSactSession().UseStore(create);
        services.AddHealthChecks().AddSactSession(timeout: timeout);
        _services = services.BuildServiceProvider();
    }

    public async Task<HealthReportEntry> CheckAsync()
    {
        var report = await _services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        var entry = Assert.Single(report.Entries).Value;

        // An endpoint may show all of it.
        string all = $"{entry.Description} {entry.Exception} {string.Join(' ', entry.Data.Select(pair => $"{pair.Key}={pair.Value}"))}";
        Assert.DoesNotContain(PostgresServer.Password, all, StringComparison.Ordinal);
        return entry;
    }

    /// <summary>Checks until the answer has a status: a client takes a moment to notice what happened to its server.</summary>
    public async Task<HealthReportEntry> UntilAsync(HealthStatus status)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var entry = await CheckAsync();
            if (entry.Status == status)
            {
                return entry;
            }

            Assert.False(limit.IsCancellationRequested, $"{entry.Status}: {entry.Description}");
            await Task.Delay(ServerProcess.PollInterval);
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
