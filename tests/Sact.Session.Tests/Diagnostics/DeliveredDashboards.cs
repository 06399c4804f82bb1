using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace Sact.Session.Tests;

/// <summary>
/// The dashboard and the alert rules of <c>docs/operations</c>. A metric that is renamed would leave them empty, and nobody notices an
/// alert that cannot fire.
/// </summary>
public sealed partial class DeliveredDashboards
{
    private static readonly string s_folder = Path.Combine(Checkout.Root, "docs", "operations");

    [Fact]
    public async Task ShowOnlyWhatTheMeterEmits()
    {
        var meter = await ScrapedMeter.ScrapeAsync();
        var targets = Targets();

        Assert.True(targets.Count > 10);
        Assert.Empty(targets.SelectMany(target => PrometheusQuery.Faults(target.Query, meter)));
        Assert.Empty(targets.SelectMany(target => Placeholder().Matches(target.Legend)
            .Where(label => !PrometheusQuery.MetricsOf(target.Query).Any(metric => meter.HasLabel(metric, label.Groups[1].Value)))
            .Select(label => $"{label.Value} is no label of {target.Query}")));
    }

    [Fact]
    public async Task ShowEveryMetric()
    {
        var meter = await ScrapedMeter.ScrapeAsync();

        Assert.Empty(meter.Names.Except(Targets().SelectMany(target => PrometheusQuery.MetricsOf(target.Query))));
    }

    [Fact]
    public void AskForTheDataSourceAndTheJob()
    {
        using var dashboard = Dashboard();
        var variables = dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray()
            .Select(variable => variable.GetProperty("name").GetString());

        Assert.Equal(["datasource", "job"], variables);
        var ids = Panels(dashboard).Select(panel => panel.GetProperty("id").GetInt32()).ToList();
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(
            Panels(dashboard).Where(panel => panel.TryGetProperty("targets", out _)),
            panel => Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString()));
    }

    [Fact]
    public async Task AlertOnlyOnWhatTheMeterEmits()
    {
        var meter = await ScrapedMeter.ScrapeAsync();

        Assert.True(Rules().Count >= 8);
        Assert.Empty(Rules().SelectMany(rule => PrometheusQuery.Faults(rule.Expr, meter)));
    }

    [Fact]
    public void AlertWithASeverityASummaryAndAPageThatExists()
    {
        var rules = Rules();

        Assert.Equal(rules.Select(rule => rule.Alert).Distinct(), rules.Select(rule => rule.Alert));
        Assert.All(rules, rule =>
        {
            Assert.Contains(rule.Labels["severity"], (string[])["page", "ticket"]);
            Assert.EndsWith(".", rule.Annotations["summary"], StringComparison.Ordinal);
            string[] page = rule.Annotations["runbook"].Split('#');
            var anchors = File.ReadLines(Path.Combine(Checkout.Root, page[0]))
                .Where(static line => line.StartsWith('#'))
                .Select(static line => NoAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));
            Assert.Contains(page[1], anchors);
        });
    }

    /// <summary>Without this one the other facts could hold because nothing is compared.</summary>
    [Theory]
    [InlineData("sum(rate(sact_session_begun_total[5m]))", "The meter has no metric sact_session_begun_total")]
    [InlineData("sum(rate(sact_session_began[5m]))", "The meter has no metric sact_session_began")]
    [InlineData("sum(sact_session_began_total{reason=\"pending\"})", "sact_session_began_total has no label reason")]
    [InlineData("sum(sact_session_began_total{state=~\"pending|closed\"})", "state of sact_session_began_total is never closed")]
    [InlineData("sum by (reason) (sact_session_began_total)", "No metric of the query has the label reason")]
    [InlineData("sum(rate(session_began_total[5m]))", "The query names no metric of the meter")]
    public async Task OfAWrongNameAreFound(string query, string fault) =>
        Assert.StartsWith(fault, PrometheusQuery.Faults(query, await ScrapedMeter.ScrapeAsync()).First(), StringComparison.Ordinal);

    private static JsonDocument Dashboard() => JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, "grafana-dashboard.json")));

    private static List<JsonElement> Panels(JsonDocument dashboard) => [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()];

    private static List<(string Query, string Legend)> Targets()
    {
        using var dashboard = Dashboard();
        return
        [
            .. Panels(dashboard)
                .Where(static panel => panel.TryGetProperty("targets", out _))
                .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
                .Select(static target => (target.GetProperty("expr").GetString()!, target.GetProperty("legendFormat").GetString()!)),
            .. dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray()
                .Where(static variable => variable.TryGetProperty("definition", out _))
                .Select(static variable => (variable.GetProperty("definition").GetString()!, "")),
        ];
    }

    private static List<Rule> Rules() => new DeserializerBuilder()
        .WithNamingConvention(YamlDotNet.Serialization.NamingConventions.LowerCaseNamingConvention.Instance)
        .Build()
        .Deserialize<RuleFile>(File.ReadAllText(Path.Combine(s_folder, "alert-rules.yaml")))
        .Groups.SelectMany(static group => group.Rules).ToList();

    [GeneratedRegex(@"\{\{([a-z_]+)\}\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex("[^a-z0-9 -]")]
    private static partial Regex NoAnchor();

    // Any other word in the file is an error of the deserialiser.
    private sealed class RuleFile
    {
        public List<RuleGroup> Groups { get; set; } = [];
    }

    private sealed class RuleGroup
    {
        public string Name { get; set; } = "";

        public List<Rule> Rules { get; set; } = [];
    }

    private sealed class Rule
    {
        public string Alert { get; set; } = "";

        public string Expr { get; set; } = "";

        public string For { get; set; } = "";

        public Dictionary<string, string> Labels { get; set; } = [];

        public Dictionary<string, string> Annotations { get; set; } = [];
    }
}
