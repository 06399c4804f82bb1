using System.Text.RegularExpressions;

namespace Sact.Session.Tests;

/// <summary>Compares a query of Prometheus with what the meter emits: every name in it must be known.</summary>
internal static partial class PrometheusQuery
{
    private static readonly HashSet<string> s_words =
        ["sum", "max", "by", "rate", "increase", "histogram_quantile", "label_values", "and", "unless"];

    // Prometheus itself adds the job.
    private static readonly HashSet<string> s_labelsOfPrometheus = ["job"];

    /// <summary>What is wrong with a query; nothing if every metric, label and value is one of the meter.</summary>
    public static IEnumerable<string> Faults(string query, ScrapedMeter meter)
    {
        string rest = Range().Replace(query, "");
        var metrics = new List<string>();
        rest = Selector().Replace(rest, match =>
        {
            metrics.Add(match.Groups["name"].Value);
            return "";
        });
        foreach (Match selector in Selector().Matches(Range().Replace(query, "")))
        {
            string metric = selector.Groups["name"].Value;
            if (!meter.Has(metric))
            {
                yield return $"The meter has no metric {metric}: {query}";
                continue;
            }

            foreach (Match matcher in Matcher().Matches(selector.Groups["matchers"].Value))
            {
                string label = matcher.Groups["label"].Value;
                if (s_labelsOfPrometheus.Contains(label))
                {
                    continue;
                }

                if (!meter.HasLabel(metric, label))
                {
                    yield return $"{metric} has no label {label}: {query}";
                    continue;
                }

                foreach (string value in matcher.Groups["value"].Value.Split('|').Where(value => !meter.HasValue(metric, label, value)))
                {
                    yield return $"{label} of {metric} is never {value}: {query}";
                }
            }
        }

        if (metrics.Count == 0)
        {
            yield return $"The query names no metric of the meter: {query}";
        }

        // What is left are functions, and the labels by which they group.
        foreach (Match word in Word().Matches(rest).Where(word => !s_words.Contains(word.Value)))
        {
            if (!s_labelsOfPrometheus.Contains(word.Value)
                && !metrics.Exists(metric => meter.Has(metric) && meter.HasLabel(metric, word.Value)))
            {
                yield return $"No metric of the query has the label {word.Value}: {query}";
            }
        }
    }

    /// <summary>The metrics that a query names.</summary>
    public static IEnumerable<string> MetricsOf(string query) =>
        Selector().Matches(query).Select(static match => match.Groups["name"].Value);

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(?<name>sact_[a-z_]*)(\{(?<matchers>[^}]*)\})?")]
    private static partial Regex Selector();

    [GeneratedRegex("(?<label>[a-z_]+) *(=~|!~|!=|=) *\"(?<value>[^\"]*)\"")]
    private static partial Regex Matcher();

    [GeneratedRegex("[a-z_]+")]
    private static partial Regex Word();
}
