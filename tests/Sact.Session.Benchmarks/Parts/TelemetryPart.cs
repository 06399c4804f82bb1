using System.Diagnostics;
using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Sact.Session.Benchmarks;

/// <summary>What a read pays for telemetry: while nobody listens, and with every span and measurement exported into memory.</summary>
internal static class TelemetryPart
{
    private const int Checks = 10_000_000;

    public static async Task RunAsync(Report report, bool quick)
    {
        await using var runner = new Runner(ProcessPart.Memory());
        string?[] cookies = [.. Enumerable.Repeat(await runner.SignedInAsync(), quick ? 1000 : 3000)];
        var (off, on, check) = (new List<Figures>(), new List<Figures>(), new List<double>());
        for (int round = -3; round < (quick ? 5 : 21); round++)
        {
            var without = await ReadAsync(runner, cookies);
            double nanoseconds = Check();
            var with = await ExportedAsync(runner, cookies);
            if (round >= 0)
            {
                off.Add(without);
                on.Add(with);
                check.Add(nanoseconds);
            }
        }

        double read = off.Select(static one => one.Nanoseconds).Median();
        report.AskAtMost(
            $"telemetry that is off, of a read of {Whole(read)} ns over memory, the pipeline included",
            "≤ 1 % of the time",
            100 * check.Median() / read,
            1,
            "{0:F2} %");
        report.Table(
            "A read over memory, telemetry off and exported into memory",
            ["telemetry", "time", "allocated"],
            [Row("off", off), Row("spans and measurements into memory", on)]);
        report.Ask(
            "a read with every span and measurement exported into memory",
            "published",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{on.Select(static one => one.Nanoseconds).Beside(off.Select(static one => one.Nanoseconds)).Median():F2} × the time, "
                + $"{on.Select(static one => one.Bytes).Median() - off.Select(static one => one.Bytes).Median():N0} B more"),
            null);
    }

    private static string[] Row(string name, List<Figures> figures) =>
    [
        name,
        Whole(figures.Select(static one => one.Nanoseconds).Median()) + " ns",
        Whole(figures.Select(static one => one.Bytes).Median()) + " B",
    ];

    private static string Whole(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static Task<Figures> ReadAsync(Runner runner, string?[] cookies) =>
        runner.MeasureAsync(runner.Contender.Endpoint(Scenario.Read)!, cookies);

    private static async Task<Figures> ExportedAsync(Runner runner, string?[] cookies)
    {
        var (spans, metrics) = (new List<Activity>(), new List<Metric>());
        using var traces = Sdk.CreateTracerProviderBuilder().AddSource("Sact.Session").AddInMemoryExporter(spans).Build();
        using var meters = Sdk.CreateMeterProviderBuilder().AddMeter("Sact.Session").AddInMemoryExporter(metrics).Build();
        var figures = await ReadAsync(runner, cookies);
        meters.ForceFlush();
        return spans.Count >= cookies.Length && metrics.Exists(static metric => metric.Name == "sact.session.store.duration")
            ? figures
            : throw new InvalidOperationException($"{spans.Count} spans of {cookies.Length} reads were exported.");
    }

    /// <summary>Nanoseconds of the one question that a store call costs while nobody listens.</summary>
    private static double Check()
    {
        int observed = 0;
        long since = Stopwatch.GetTimestamp();
        for (int i = 0; i < Checks; i++)
        {
            if (StoreCall.IsObserved(SessionMetrics.Shared))
            {
                observed++;
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(since);
        return observed == 0 ? elapsed.TotalNanoseconds / Checks : throw new InvalidOperationException("Somebody listens.");
    }
}
