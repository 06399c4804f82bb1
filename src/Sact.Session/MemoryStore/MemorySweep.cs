namespace Sact.Session;

/// <summary>
/// Destroys expired records of a <see cref="MemoryTable"/> in small steps. Each run continues where the last one stopped.
/// </summary>
internal sealed class MemorySweep(MemoryTable table, TimeProvider clock)
{
    // While a store is full of live sessions, not every write may look at all of them.
    private static readonly TimeSpan s_betweenFruitlessRounds = TimeSpan.FromSeconds(1);

    private IEnumerator<SessionRecord>? _next;
    private int _running;
    private long _fruitlessAt = long.MinValue;

    /// <summary>Makes room in a full store: looks at all records until it has destroyed some.</summary>
    /// <param name="now">The time that decides.</param>
    /// <param name="maxDestroyed">The most records to destroy.</param>
    public MemorySweepResult MakeRoom(DateTimeOffset now, int maxDestroyed)
    {
        if (Volatile.Read(ref _running) == 1)
        {
            return MemorySweepResult.Busy;
        }

        long last = Volatile.Read(ref _fruitlessAt);
        if (last != long.MinValue && clock.GetElapsedTime(last) < s_betweenFruitlessRounds)
        {
            return MemorySweepResult.Nothing;
        }

        long timestamp = clock.GetTimestamp();
        if (Run(now, maxLooks: null, maxDestroyed) is not { } destroyed)
        {
            return MemorySweepResult.Busy;
        }

        Volatile.Write(ref _fruitlessAt, destroyed == 0 ? timestamp : long.MinValue);
        return destroyed == 0 ? MemorySweepResult.Nothing : MemorySweepResult.Destroyed;
    }

    /// <summary>Looks at records and destroys those that may be destroyed. Does nothing while another run is under way.</summary>
    /// <param name="now">The time that decides.</param>
    /// <param name="maxLooks">The most records to look at; null for all of them.</param>
    /// <param name="maxDestroyed">The most records to destroy.</param>
    /// <returns>The number of destroyed records; null if another run is under way.</returns>
    public long? Run(DateTimeOffset now, int? maxLooks, int maxDestroyed)
    {
        if (Interlocked.Exchange(ref _running, 1) == 1)
        {
            return null;
        }

        try
        {
            long destroyed = 0;
            int left = maxLooks ?? int.MaxValue;

            // To look at all of them, a run that started in the middle starts once more at the beginning.
            bool mayRestart = maxLooks is null;
            _next ??= table.All.GetEnumerator();
            for (; left > 0 && destroyed < maxDestroyed; left--)
            {
                if (_next.MoveNext())
                {
                    // The enumerator may return an outdated record, which TryEnd leaves alone.
                    var record = _next.Current;
                    destroyed += record.MayBeDestroyed(now) && table.TryEnd(record) ? 1 : 0;
                }
                else if (mayRestart)
                {
                    mayRestart = false;
                    _next = table.All.GetEnumerator();
                }
                else
                {
                    _next = null;
                    break;
                }
            }

            return destroyed;
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }
}
