using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Sact.Session.Aspire.Tests;

public sealed class WhatASettingDisables(StartedServers servers)
{
    public static TheoryData<string, bool> Packages => new()
    {
        { Package.Redis, true }, { Package.Redis, false }, { Package.Postgres, true }, { Package.Postgres, false },
    };

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task IsTheHealthCheck(string package, bool disabled)
    {
        var builder = await BuilderAsync(package);
        Package.Add(builder, package, "cache", settings => settings.DisableHealthChecks = disabled);

        await using var application = await Application.StartAsync(builder);

        // Without any check of the application there is no service of checks.
        var health = application.Services.GetService<HealthCheckService>();
        Assert.Equal(disabled, health is null);
        if (health is not null)
        {
            var report = await health.CheckHealthAsync(TestContext.Current.CancellationToken);
            var (name, entry) = Assert.Single(report.Entries);
            Assert.Equal("sact-session", name);
            Assert.NotEqual(HealthStatus.Unhealthy, entry.Status);
            Assert.Equal(package == Package.Redis ? "redis" : "postgresql", entry.Data["store"]);
        }
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task AreTheTraces(string package, bool disabled)
    {
        var builder = await BuilderAsync(package);
        var spans = new List<Activity>();
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddInMemoryExporter(spans));
        Package.Add(builder, package, "cache", settings => settings.DisableTracing = disabled);

        Assert.Equal("alice nobody", await Application.TryAsync(builder));

        Assert.Equal(!disabled, spans.Exists(span => span.Source.Name == "Sact.Session"));
        if (disabled)
        {
            Assert.Empty(spans);
        }
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task AreTheMetrics(string package, bool disabled)
    {
        var builder = await BuilderAsync(package);
        var metrics = new List<Metric>();
        builder.Services.AddOpenTelemetry().WithMetrics(meter => meter.AddInMemoryExporter(metrics));
        Package.Add(builder, package, "cache", settings => settings.DisableMetrics = disabled);
        await using var application = await Application.StartAsync(builder);

        await application.SendAsync(HttpMethod.Post, "");
        Assert.True(application.Services.GetRequiredService<MeterProvider>().ForceFlush());

        Assert.Equal(!disabled, metrics.Exists(metric => metric.Name == "sact.session.began"));
        if (disabled)
        {
            Assert.Empty(metrics);
        }
    }

    [Theory]
    [InlineData(Package.Redis)]
    [InlineData(Package.Postgres)]
    public async Task IsNothingElse(string package)
    {
        var builder = await BuilderAsync(package);
        Package.Add(
            builder,
            package,
            "cache",
            settings => settings.DisableHealthChecks = settings.DisableTracing = settings.DisableMetrics = true);

        Assert.Equal("alice nobody", await Application.TryAsync(builder));
    }

    /// <summary>Two checks of one name would be an exception at the first check.</summary>
    [Theory]
    [InlineData(Package.Redis, true)]
    [InlineData(Package.Redis, false)]
    [InlineData(Package.Postgres, true)]
    [InlineData(Package.Postgres, false)]
    public async Task IsACheckBesideThatOfTheApplication(string package, bool before)
    {
        var builder = await BuilderAsync(package);
        if (before)
        {
            builder.Services.AddHealthChecks().AddSactSession(tags: ["ready"]);
        }

        Package.Add(builder, package, "cache");
        if (!before)
        {
            builder.Services.AddHealthChecks().AddSactSession(tags: ["ready"]);
        }

        await using var application = await Application.StartAsync(builder);
        var report = await application.Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["ready"], Assert.Single(report.Entries).Value.Tags);
    }

    [Fact]
    public async Task CountsASignInOnceForTwoRegistrations()
    {
        var builder = await BuilderAsync(Package.Redis);
        var metrics = new List<Metric>();
        var spans = new List<Activity>();
        builder.Services.AddOpenTelemetry()
            .WithMetrics(meter => meter.AddInMemoryExporter(metrics))
            .WithTracing(tracing => tracing.AddInMemoryExporter(spans));
        Package.Add(builder, Package.Redis, "cache");
        Package.AddKeyed(builder, Package.Redis, "admin", "cache");
        builder.Services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin");
        await using var application = await Application.StartAsync(builder);

        await application.SendAsync(HttpMethod.Post, "");
        Assert.True(application.Services.GetRequiredService<MeterProvider>().ForceFlush());

        long began = 0;
        foreach (var metric in metrics.Where(metric => metric.Name == "sact.session.began"))
        {
            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                began += point.GetSumLong();
            }
        }

        Assert.Equal(1, began);
        Assert.Single(spans, span => span.DisplayName == "create session");
    }

    /// <summary>Nothing is measured for nobody.</summary>
    [Theory]
    [InlineData(Package.Redis)]
    [InlineData(Package.Postgres)]
    public async Task IsOffInAnApplicationWithoutOpenTelemetry(string package)
    {
        var builder = await BuilderAsync(package);
        Package.Add(builder, package, "cache");

        await using var application = await Application.StartAsync(builder);

        Assert.Null(application.Services.GetService<TracerProvider>());
        Assert.Null(application.Services.GetService<MeterProvider>());
    }

    private async Task<WebApplicationBuilder> BuilderAsync(string package) =>
        Application.Builder(("ConnectionStrings:cache", await servers.ConnectionStringAsync(package)));
}
