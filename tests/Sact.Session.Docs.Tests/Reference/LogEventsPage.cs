using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Sact.Session.Stores;
using Sact.Session.Tests;

namespace Sact.Session.Docs.Tests;

/// <summary>
/// <c>docs/reference/log-events.md</c> has every log event and counter. The runbook has what to do about warnings and errors.
/// </summary>
public sealed partial class LogEventsPage
{
    private static readonly Page s_page = PagesOfTheRepository.Of("docs/reference/log-events.md");

    private static readonly LoggerMessageAttribute[] s_events =
    [
        .. new[]
        {
            typeof(SactSessionOptions), typeof(SqliteStoreOptions), typeof(PostgreSqlStoreOptions), typeof(RedisStoreOptions),
            typeof(EntityFrameworkStoreOptions), typeof(SactOpenIdConnectOptions),
        }.SelectMany(type => type.Assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>()
            .OrderBy(logged => logged.EventId),
    ];

    [Fact]
    public void HasEveryEventWithItsLevelAndMessage() => Assert.Equal(
        s_events.Select(logged => $"{logged.EventId} {logged.Level} `{logged.Message}`"),
        s_page.Rows.Where(row => int.TryParse(row.Cells[0], out _)).Select(row => $"{row.Cells[0]} {row.Cells[1]} {row.Cells[2]}"));

    [Fact]
    public void HasEveryMetric()
    {
        var metrics = new[] { "SessionMetrics.cs", "SessionGauges.cs" }
            .SelectMany(file => Metric().Matches(File.ReadAllText(
                Path.Combine(Checkout.Root, "src", "Sact.Session", "Diagnostics", file))))
            .Select(match => $"`{match.Groups[1].Value}`");

        Assert.Equal(
            metrics.Order(),
            s_page.Rows.Select(row => row.Cells[0]).Where(cell => cell.StartsWith("`sact.", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void IsCompletedByTheRunbookForWarningsAndErrors()
    {
        var runbook = PagesOfTheRepository.Of("docs/operations/runbook.md");
        var headings = runbook.Text.Split('\n').Where(line => line.StartsWith("### ", StringComparison.Ordinal))
            .SelectMany(line => Number().Matches(line)).Select(match => int.Parse(match.Value, null)).ToHashSet();

        Faults.None(s_events.Where(logged => logged.Level >= LogLevel.Warning && !headings.Contains(logged.EventId))
            .Select(logged => $"{runbook.Path} lacks event {logged.EventId}: {logged.Message}"));
    }

    [GeneratedRegex(@"Create(?:Counter<long>|Histogram|ObservableGauge)\(\s*""([^""]+)""")]
    private static partial Regex Metric();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
