using System.Diagnostics;

namespace Sact.Session.Faults;

/// <summary>Writes a history down while it happens. Safe for all threads.</summary>
internal sealed class HistoryRecorder
{
    private readonly Lock _lock = new();
    private readonly History _history = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Dictionary<int, long> _lastDone = [];
    private long _lastId;

    /// <summary>Microseconds since the history began.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds;

    /// <summary>The number of faults so far.</summary>
    public int Faults
    {
        get
        {
            lock (_lock)
            {
                return _history.Faults.Count;
            }
        }
    }

    public long NextId() => Interlocked.Increment(ref _lastId);

    public void Add(Operation operation)
    {
        lock (_lock)
        {
            _history.Operations.Add(operation);
            if (operation.Outcome == Outcome.Done)
            {
                _lastDone[operation.Process] = Math.Max(_lastDone.GetValueOrDefault(operation.Process), operation.Until);
            }
        }
    }

    public void Add(InjectedFault fault)
    {
        lock (_lock)
        {
            _history.Faults.Add(fault);
        }
    }

    /// <summary>Whether a process has completed an operation since then.</summary>
    public bool HasDone(int process, long since)
    {
        lock (_lock)
        {
            return _lastDone.GetValueOrDefault(process, -1) >= since;
        }
    }

    public History Finish(string store, int seed)
    {
        lock (_lock)
        {
            _history.Run = new RunDescription(store, seed, Now / 1e6);
            return _history;
        }
    }
}
