namespace Sact.Session;

/// <summary>
/// Destroys expired records of a <see cref="MemoryTable"/> in small steps. Each run continues where the last one stopped.
/// </summary>
internal sealed class MemorySweep(MemoryTable table)
{
    private IEnumerator<SessionRecord>? _next;
    private int _running;

    /// <summary>Looks at records and destroys those that may be destroyed. Does nothing while another run is under way.</summary>
    /// <param name="now">The time that decides; null while nothing may be destroyed.</param>
    /// <param name="maxLooks">The most records to look at; null for all of them.</param>
    /// <param name="maxDestroyed">The most records to destroy.</param>
    /// <returns>The number of destroyed records.</returns>
    public long Run(DateTimeOffset? now, int? maxLooks, int maxDestroyed)
    {
        if (now is null || Interlocked.Exchange(ref _running, 1) == 1)
        {
            return 0;
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
                    destroyed += record.MayBeDestroyed(now.Value) && table.TryEnd(record) ? 1 : 0;
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
