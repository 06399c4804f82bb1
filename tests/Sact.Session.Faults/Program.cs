using System.Diagnostics;
using System.Globalization;
using Sact.Session.Faults;

// dotnet run -c Release --project tests/Sact.Session.Faults -- --store redis|cluster|postgres|sqlite
//   --minutes 30        for how long faults are injected, or --seconds 60; one minute by default
//   --seed 1            what operations and faults follow from
//   --storm 100000      so many quick faults, and what the processes hold before and after; alone or after the time
//   --limit 5           how many seconds a process may need after a fault
//   --late 1.1          how many times StoreTimeout a store call may take
//   --history file      checks a history that was saved, and runs nothing
const int Broken = 1, Misused = 2, LeftOut = 3;
if (args is ["application"])
{
    return await Application.RunAsync();
}

var options = new Dictionary<string, string>();
string[] known = ["store", "minutes", "seconds", "seed", "storm", "limit", "late", "history"];
for (int i = 0; i < args.Length; i += 2)
{
    if (i + 1 == args.Length || !args[i].StartsWith("--", StringComparison.Ordinal) || !known.Contains(args[i][2..]))
    {
        Console.Error.WriteLine("Options, each with a value: --" + string.Join(", --", known));
        return Misused;
    }

    options[args[i][2..]] = args[i + 1];
}

double Number(string name, double value) =>
    options.TryGetValue(name, out string? given) ? double.Parse(given, CultureInfo.InvariantCulture) : value;

double limit = Number("limit", 5);
if (options.TryGetValue("history", out string? saved))
{
    var old = History.Load(saved);
    var found = new HistoryChecker(old, limit).Check();
    FaultReport.Print(old, found);
    return found.Violations.Count == 0 ? 0 : Broken;
}

string name = options.GetValueOrDefault("store", "redis");
if (TestedStore.Of(name) is not { } tested)
{
    Console.Error.WriteLine("The stores are redis, cluster, postgres and sqlite.");
    return Misused;
}

await using (tested)
{
    int seed = (int)Number("seed", Environment.TickCount & 0xffff);
    int storm = (int)Number("storm", 0);
    double seconds = Number("seconds", 60 * Number("minutes", storm > 0 ? 0 : 1));
    var settings = new RunSettings(name, seed, TimeSpan.FromSeconds(seconds), storm, limit);
    Console.WriteLine($"seed {seed}");
    try
    {
        await tested.StartAsync(seed);
    }
    catch (MissingServerException missing)
    {
        Console.WriteLine($"left out: {missing.Message}");
        return LeftOut;
    }

    var run = new FaultRun(settings, tested);
    var history = await run.RunAsync();

    // Beside the solution, where everything that is built goes; where there is none, here.
    var root = new DirectoryInfo(AppContext.BaseDirectory);
    while (root is not null && !File.Exists(Path.Combine(root.FullName, "Sact.Session.sln")))
    {
        root = root.Parent;
    }

    string file = Path.Combine(root?.FullName ?? Environment.CurrentDirectory, "artifacts", "faults", $"{name}-{seed}.jsonl");
    history.Save(file);
    var since = Stopwatch.StartNew();
    var result = new HistoryChecker(history, limit).Check();
    FaultReport.Print(history, result);
    var held = FaultReport.PrintProcesses(run.Held, Number("late", 1.1), storm > 0);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"checked in {since.Elapsed.TotalSeconds:F1} s; saved as {file}"));
    return result.Violations.Count == 0 && held.Count == 0 ? 0 : Broken;
}
