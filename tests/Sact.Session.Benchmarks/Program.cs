using Sact.Session.Benchmarks;

// dotnet run -c Release --project tests/Sact.Session.Benchmarks [-- --quick]
//   [--filter process|telemetry|stores|http|outage|revocation|watch|growth|sweep|search|before|micro …]
string[] parts =
    ["process", "telemetry", "stores", "http", "outage", "revocation", "watch", "growth", "sweep", "search", "before", "micro"];
bool quick = args.Contains("--quick");
string[] chosen = args.Contains("--filter")
    ? [.. args.SkipWhile(static arg => arg != "--filter").Skip(1).TakeWhile(static arg => !arg.StartsWith("--", StringComparison.Ordinal))]
    : parts;
if (chosen.Except(parts).Any()
    || args.Any(static arg => arg.StartsWith("--", StringComparison.Ordinal) && arg is not ("--quick" or "--filter")))
{
    Console.Error.WriteLine($"Options: --quick (few rounds), --filter followed by some of {string.Join(", ", parts)}.");
    return 2;
}

// Beside the solution, where everything that is built goes; where there is none, here.
var root = new DirectoryInfo(AppContext.BaseDirectory);
while (root is not null && !File.Exists(Path.Combine(root.FullName, "Sact.Session.sln")))
{
    root = root.Parent;
}

string home = root?.FullName ?? Environment.CurrentDirectory;
string folder = Path.Combine(home, "artifacts", "benchmarks");
var report = new Report(folder, quick);
foreach (string part in chosen)
{
    switch (part)
    {
        case "process":
            await ProcessPart.RunAsync(report, quick);
            break;
        case "telemetry":
            await TelemetryPart.RunAsync(report, quick);
            break;
        case "stores":
            await StoresPart.RunAsync(report, quick);
            break;
        case "http":
            await HttpPart.RunAsync(report, quick);
            break;
        case "outage":
            await OutagePart.RunAsync(report, quick);
            break;
        case "revocation":
            await RevocationPart.RunAsync(report, quick);
            break;
        case "watch":
            await WatchCostPart.RunAsync(report);
            break;
        case "growth":
            await GrowthPart.RunAsync(report, quick);
            break;
        case "sweep":
            await SweepPart.RunAsync(report, quick);
            break;
        case "search":
            await SearchPart.RunAsync(report, quick);
            break;
        case "before":
            await BeforePart.RunAsync(report, home, quick);
            break;
        default:
            MicroPart.Run(report, folder);
            break;
    }
}

report.Finish();
return 0;
