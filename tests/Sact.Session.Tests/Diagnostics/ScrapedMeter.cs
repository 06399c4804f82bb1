using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace Sact.Session.Tests;

/// <summary>
/// Everything that the meter can emit, as the Prometheus exporter of OpenTelemetry names it: each metric with each label and each value.
/// </summary>
internal sealed partial class ScrapedMeter
{
    private static readonly Lazy<Task<ScrapedMeter>> s_once = new(static () => ScrapeOnceAsync());

    private readonly Dictionary<string, Dictionary<string, HashSet<string>>> _metrics = new(StringComparer.Ordinal);

    private ScrapedMeter(string scraped)
    {
        foreach (Match match in Sample().Matches(scraped))
        {
            var labels = _metrics.TryGetValue(match.Groups["name"].Value, out var known)
                ? known
                : _metrics[match.Groups["name"].Value] = new(StringComparer.Ordinal);
            foreach (Match label in Label().Matches(match.Groups["labels"].Value))
            {
                (labels.TryGetValue(label.Groups["name"].Value, out var values) ? values : labels[label.Groups["name"].Value] = [])
                    .Add(label.Groups["value"].Value);
            }
        }
    }

    public IReadOnlyCollection<string> Names => _metrics.Keys;

    public static Task<ScrapedMeter> ScrapeAsync() => s_once.Value;

    private static async Task<ScrapedMeter> ScrapeOnceAsync()
    {
        // The SDK finds meters by their name, and other tests have theirs in this process.
        string name = SessionMetrics.MeterName + ".Scraped";
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(name).AddPrometheusExporter());
        await using var app = builder.Build();
        app.MapPrometheusScrapingEndpoint();
        await app.StartAsync();
        var metrics = new SessionMetrics(app.Services.GetRequiredService<IMeterFactory>().Create(name));
        var sessions = new Sessions();
        metrics.Gauges.Add(sessions);
        EmitAll(metrics);
        using var client = app.GetTestClient();
        var scraped = new ScrapedMeter(await client.GetStringAsync("/metrics"));
        await app.StopAsync();
        GC.KeepAlive(sessions);
        return scraped;
    }

    public bool Has(string metric) => _metrics.ContainsKey(metric);

    public bool HasLabel(string metric, string label) => _metrics[metric].ContainsKey(label);

    public bool HasValue(string metric, string label, string value) => _metrics[metric][label].Contains(value);

    private static void EmitAll(SessionMetrics metrics)
    {
        Array.ForEach(Enum.GetValues<SessionState>(), metrics.Began);
        Array.ForEach(Enum.GetValues<RefusedReason>(), metrics.Refused);
        Array.ForEach(Enum.GetValues<SessionRenewalKind>(), metrics.Renewed);
        metrics.Replayed();
        metrics.Conflict();
        metrics.TouchFailed();
        metrics.AnonymousRefused();
        foreach (string reason in Constants(typeof(EndedReason)))
        {
            metrics.Ended(reason, 1);
        }

        foreach (string operation in Constants(typeof(StoreOperation)))
        {
            metrics.StoreFault(operation);
            foreach (string outcome in Constants(typeof(StoreOutcome)))
            {
                metrics.StoreCall(operation, outcome, TimeSpan.FromMilliseconds(1));
            }
        }
    }

    private static IEnumerable<string> Constants(Type type) => type.GetFields(BindingFlags.Static | BindingFlags.Public)
        .Where(static field => field.IsLiteral)
        .Select(static field => (string)field.GetRawConstantValue()!);

    [GeneratedRegex(@"^(?<name>sact_[a-z_]+)(\{(?<labels>[^}]*)\})? ", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("(?<name>[a-z_]+)=\"(?<value>[^\"]*)\"")]
    private static partial Regex Label();

    private sealed class Sessions : IGaugedSessions
    {
        public string Registration => "";

        public IGenericStore Store { get; } = new MemoryStore();

        public int Watched => 1;

        public long? Active => 1;
    }
}
