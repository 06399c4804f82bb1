using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;
using Sact.Session.Stores.Tests;

namespace Sact.Session.Benchmarks;

/// <summary>What a run found: tables in Markdown, what was asked for beside what was measured, and charts.</summary>
internal sealed class Report(string folder, bool quick)
{
    private readonly StringBuilder _tables = new();
    private readonly List<(string Scenario, string Asked, string Measured, bool? Met)> _asked = [];

    /// <summary>One line of what the run must reach.</summary>
    public void Ask(string scenario, string asked, string measured, bool? met) => _asked.Add((scenario, asked, measured, met));

    public void AskAtMost(string scenario, string asked, double measured, double limit, string format) =>
        Ask(scenario, asked, string.Format(CultureInfo.InvariantCulture, format, measured), measured <= limit);

    public void AskAtLeast(string scenario, string asked, double measured, double limit, string format) =>
        Ask(scenario, asked, string.Format(CultureInfo.InvariantCulture, format, measured), measured >= limit);

    /// <summary>Runs what needs a server. Without the server the report says what is left out, and why.</summary>
    public async Task TryAsync(string what, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (MissingServerException fault)
        {
            Say($"{what} is left out: {fault.Message}");
        }
    }

    public void Say(string line)
    {
        _tables.AppendLine(line).AppendLine();
        Console.WriteLine(line + Environment.NewLine);
    }

    public void Table(string title, string[] head, IEnumerable<string[]> rows)
    {
        var table = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"### {title}").AppendLine();
        table.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", head)} |").AppendLine(
            CultureInfo.InvariantCulture, $"|{string.Concat(head.Select(static (_, i) => i == 0 ? "---|" : "---:|"))}");
        foreach (string[] row in rows)
        {
            table.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row)} |");
        }

        _tables.Append(table).AppendLine();
        Console.WriteLine(table);
    }

    /// <summary>Bars, the shorter the better unless the title says otherwise.</summary>
    public void Bars(string file, string title, IEnumerable<(string Name, double Value)> values)
    {
        (string Name, double Value)[] bars = [.. values];
        bool small = bars.Any(static bar => bar.Value is > 0 and < 10);

        // The library has no font to measure by when it writes SVG, so the room for labels is given.
        var series = new BarSeries { LabelFormatString = small ? "{0:0.##}" : "{0:N0}", LabelMargin = 12, FillColor = OxyColors.SteelBlue };
        var names = new CategoryAxis { Position = AxisPosition.Left };
        foreach (var (name, value) in bars.Where(static bar => double.IsFinite(bar.Value)).Reverse())
        {
            names.Labels.Add(name);
            series.Items.Add(new BarItem(value));
        }

        var model = new PlotModel
        {
            Title = title,
            Background = OxyColors.White,
            PlotMargins = new OxyThickness(
            20 + (7 * names.Labels.DefaultIfEmpty("").Max(static label => label.Length)), double.NaN, double.NaN, double.NaN)
        };
        model.Axes.Add(names);
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Minimum = 0, MaximumPadding = 0.15 });
        model.Series.Add(series);
        Save(file, model, 120 + (series.Items.Count * 34));
    }

    /// <summary>One line over a logarithmic axis.</summary>
    public void Line(string file, string title, string x, string y, IEnumerable<(double X, double Y)> points)
    {
        var series = new LineSeries { MarkerType = MarkerType.Circle, Color = OxyColors.SteelBlue };
        series.Points.AddRange(points.Select(static point => new DataPoint(point.X, point.Y)));
        var model = new PlotModel { Title = title, Background = OxyColors.White };
        model.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Title = x });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = y, Minimum = 0, MaximumPadding = 0.15 });
        model.Series.Add(series);
        Save(file, model, 400);
    }

    /// <summary>Prints what was asked and writes everything down.</summary>
    public void Finish()
    {
        string machine =
            $"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}, "
            + $"{RuntimeInformation.OSDescription.Split('#')[0].Trim()}, "
            + $"{RuntimeInformation.ProcessArchitecture}{(quick ? ", --quick: too few rounds to rely on" : "")}";
        Table(
            "What was asked for, and what was measured",
            ["scenario", "asked", "measured", ""],
            _asked.Select(
                static row =>
                    new[] { row.Scenario, row.Asked, row.Measured, row.Met switch { true => "met", false => "**missed**", null => "" } }));
        Say(machine);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "results.md"), _tables.ToString());
        Console.WriteLine($"Written to {folder}");
    }

    private void Save(string file, PlotModel model, double height)
    {
        Directory.CreateDirectory(folder);
        using var stream = File.Create(Path.Combine(folder, file + ".svg"));
        new SvgExporter { Width = 860, Height = height }.Export(model, stream);
    }
}
