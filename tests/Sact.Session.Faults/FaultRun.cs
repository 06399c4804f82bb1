using System.Diagnostics;
using System.Globalization;

namespace Sact.Session.Faults;

/// <summary>What a run is to do.</summary>
/// <param name="Store">The store.</param>
/// <param name="Seed">What operations and faults follow from.</param>
/// <param name="Duration">For how long faults of all kinds are injected.</param>
/// <param name="Storm">How many quick faults are injected after that, one right after the other; 0 for none.</param>
/// <param name="RecoveryLimit">How many seconds a process may need after a fault.</param>
internal sealed record RunSettings(string Store, int Seed, TimeSpan Duration, int Storm, double RecoveryLimit);

/// <summary>Lets two application processes serve browsers while one fault follows the other, and writes the history down.</summary>
internal sealed class FaultRun(RunSettings settings, TestedStore store)
{
    /// <summary>Bounds every store call. Half of it is the patience with a locked file.</summary>
    public const double StoreTimeout = 2;

    // After so many faults of a storm there is time to recover.
    private const int StormLength = 200;

    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(30);

    private readonly HistoryRecorder _recorder = new();

    /// <summary>What the processes held after the first faults, and after the last one.</summary>
    public List<Held> Held { get; } = [];

    public async Task<History> RunAsync()
    {
        using var applications = new Applications(store.HasDisk);
        await applications.OpenAsync(new StoreSettings(
            store.Name, store.Connection, "faults", StoreTimeout, SealMetadata: settings.Seed % 2 != 0));
        var load = new BrowserLoad(applications, _recorder, settings.Seed);
        load.Start();
        try
        {
            await RecoverAsync(0);
            await InjectAsync(applications, load);
        }
        finally
        {
            await load.StopAsync();
        }

        if (Held.Count > 0)
        {
            await MeasureAsync(applications, load);
        }
        else
        {
            Held.Add(new Held(_recorder.Faults, store.Connections, await applications.MeasureAsync()));
        }

        return _recorder.Finish(store.Name, settings.Seed);
    }

    private async Task InjectAsync(Applications applications, BrowserLoad load)
    {
        var kinds = store.Faults(applications, load);
        var plan = new FaultPlan(kinds, settings.Seed, settings.Duration < s_short ? FaultPace.Short : FaultPace.Long);
        for (var since = Stopwatch.StartNew(); since.Elapsed < settings.Duration;)
        {
            var (fault, duration, quiet, random) = plan.Next();
            await RecoverAsync(await InjectAsync(fault, new FaultContext(random, duration, _recorder), load), fault.Allowance);
            if (Held.Count == 0 && settings.Storm == 0 && settings.Duration >= s_short && since.Elapsed > settings.Duration / 3)
            {
                await MeasureAsync(applications, load);
            }

            await Task.Delay(quiet);
        }

        var storm = new FaultPlan([.. kinds.Where(kind => kind.IsQuick)], settings.Seed, FaultPace.Storm);
        for (int i = 1; i <= settings.Storm; i++)
        {
            var (fault, duration, quiet, random) = storm.Next();
            long ended = await InjectAsync(fault, new FaultContext(random, duration, _recorder), load);
            if (i % StormLength == 0 || i == settings.Storm)
            {
                await RecoverAsync(ended);
            }

            if (i == Math.Min(StormLength, settings.Storm / 2))
            {
                await MeasureAsync(applications, load);
            }

            await Task.Delay(quiet);
        }
    }

    private async Task<long> InjectAsync(Fault fault, FaultContext context, BrowserLoad load)
    {
        long from = _recorder.Now;
        load.KeepsCookies = fault.IsDoubtful;
        await fault.RunAsync(context);
        load.KeepsCookies = false;
        long until = _recorder.Now;
        _recorder.Add(new InjectedFault
        {
            Kind = fault.Kind,
            From = from,
            Until = until,
            IsDoubtful = fault.IsDoubtful,
            Allowance = fault.Allowance,
            LosesFrom = context.LosesFrom,
            LosesUntil = context.LosesUntil,
            LosesEnds = context.LosesEnds,
        });
        return until;
    }

    /// <summary>Waits until every process has completed an operation since then; twice as long as it may take, at most.</summary>
    private async Task RecoverAsync(long since, double allowance = 0)
    {
        double most = allowance + (2 * settings.RecoveryLimit);
        for (var waited = Stopwatch.StartNew(); waited.Elapsed.TotalSeconds < most; await Task.Delay(5))
        {
            if (Enumerable.Range(0, Applications.Count).All(process => _recorder.HasDone(process, since)))
            {
                return;
            }
        }
    }

    private async Task MeasureAsync(Applications applications, BrowserLoad load)
    {
        await load.PauseAsync();

        // Calls that were given up run on for a moment.
        await Task.Delay(TimeSpan.FromSeconds(StoreTimeout));
        Held.Add(new Held(_recorder.Faults, store.Connections, await applications.MeasureAsync()));
        load.Resume();
    }
}

/// <summary>What the processes held after so many faults.</summary>
internal sealed record Held(int Faults, int Connections, Measurement[] Processes)
{
    public string Describe(int process) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processes[process].Threads} threads, {Processes[process].Timers} timers, {Processes[process].Handles} handles, "
        + $"{Processes[process].Bytes / 1048576.0:F1} MiB");
}
