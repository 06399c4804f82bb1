using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// Watches the sessions of this node's open connections, and no others. Every <c>WatchInterval</c> it reads them all, in batches. A hint
/// that a session may have ended makes it read that one at once. Only the store's answer ends anything.
/// </summary>
/// <remarks>Without a connection there is no timer, no listener and no read.</remarks>
internal sealed class SessionWatch(IGenericStore store, SessionServices services) : IDisposable
{
    // A store that does not answer for this many intervals leaves open connections unchecked for too long: they close.
    private const int MostSilentIntervals = 12;

    // For a store that reads one session at a time.
    private const int ReadsAtOnce = 16;

    // A flood of hints costs one round of reads per pause.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, WatchedSession> _watched = [];
    private readonly HashSet<SessionKey> _due = [];
    private ITimer? _timer;
    private WatchListener? _listener;
    private Task _running = Task.CompletedTask;
    private int _count;
    private bool _neverListens;
    private bool _isRunning;
    private bool _isAllDue;
    private bool _isDisposed;

    /// <summary>How many connections are watched.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Completes when whatever is due now was read and judged.</summary>
    public Task Running
    {
        get
        {
            lock (_lock)
            {
                return _running;
            }
        }
    }

    /// <summary>The log of the registration.</summary>
    public ILogger Log => services.Telemetry.Log;

    private TimeSpan Interval => services.Settings.WatchInterval;

    /// <summary>
    /// Begins to watch a session, and reads it once more at once: it may have ended since the caller read it.
    /// </summary>
    /// <param name="session">The record that the caller has read.</param>
    /// <param name="generation">The generation of the id by which the caller uses the session.</param>
    public WatchedSession Add(SessionRecord session, int generation)
    {
        var watched = new WatchedSession(this, session, generation, services.Now);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(_watched, watched.Key, out _);
            watched.Next = first;
            first = watched;
            _count++;
            if (_timer is null)
            {
                // They outlive the request that begins, and must not carry its log scope and its trace.
                using var _ = ExecutionContext.SuppressFlow();
                _timer = services.Clock.CreateTimer(static state => ((SessionWatch)state!).OnTick(), this, Interval, Interval);
                _listener = new WatchListener(store, services, Hint, _neverListens);
            }
        }

        Hint(watched.Key);
        return watched;
    }

    /// <summary>Stops watching. A session that has ended was removed before.</summary>
    public void Remove(WatchedSession watched)
    {
        lock (_lock)
        {
            Unlink(watched);
        }
    }

    /// <summary>Reads a session soon, if it is watched here.</summary>
    /// <param name="key">Its key; null for all.</param>
    public void Hint(SessionKey? key)
    {
        lock (_lock)
        {
            if (_isDisposed || _watched.Count == 0 || (key is { } one && !_watched.ContainsKey(one)))
            {
                return;
            }

            if (key is { } due)
            {
                _due.Add(due);
            }
            else
            {
                _isAllDue = true;
            }

            if (_isRunning)
            {
                return;
            }

            _isRunning = true;

            // Elsewhere, and without the caller's context: whoever reports an end must not wait for the reads.
            using var _ = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
            _running = Task.Run(RunAsync);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _watched.Clear();
            _count = 0;
            StopTimer();
        }
    }

    private void OnTick()
    {
        lock (_lock)
        {
            // The timer and the listener outlive the last connection by one interval, because the next one often follows at once.
            if (_watched.Count == 0)
            {
                StopTimer();
                return;
            }
        }

        Hint(null);
    }

    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "The watch must outlive whatever happens in one round.")]
    private async Task RunAsync()
    {
        while (TakeDue() is { } keys)
        {
            try
            {
                await CheckAsync(keys).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                services.Telemetry.StoreFault(StoreOperation.Watch, fault);
            }

            await Task.Delay(s_pause, TimeProvider.System).ConfigureAwait(false);
        }
    }

    /// <summary>The caller holds the lock.</summary>
    private void StopTimer()
    {
        _neverListens = _listener?.NeverListens ?? _neverListens;
        _timer?.Dispose();
        _listener?.Dispose();
        _timer = null;
        _listener = null;
    }

    /// <summary>What is to be read now; null if there is nothing, and then the caller's loop must end.</summary>
    private SessionKey[]? TakeDue()
    {
        lock (_lock)
        {
            SessionKey[] keys = _isAllDue ? [.. _watched.Keys] : [.. _due];
            _isAllDue = false;
            _due.Clear();
            _isRunning = keys.Length > 0;
            return _isRunning ? keys : null;
        }
    }

    private async Task CheckAsync(SessionKey[] keys)
    {
        bool batches = store is ISessionBatchStore;
        int size = batches ? ISessionBatchStore.MostKeys : ReadsAtOnce;
        for (int i = 0; i < keys.Length; i += size)
        {
            var some = keys[i..Math.Min(i + size, keys.Length)];
            var answers = batches ? await ReadAsync(some).ConfigureAwait(false) : await ReadOneByOneAsync(some).ConfigureAwait(false);
            if (answers.Count == 0)
            {
                // It is logged. The others would wait for the same store, so they wait for the next interval.
                EndUnchecked(keys[i..]);
                return;
            }

            EndThoseThatDied(answers);
            EndUnchecked([.. some.Where(key => !answers.ContainsKey(key))]);
        }
    }

    /// <summary>The answers of a store that reads many at once; empty if it does not answer.</summary>
    private async Task<Dictionary<SessionKey, SessionLookup>> ReadAsync(SessionKey[] keys)
    {
        try
        {
            var answers = await new StoreClient(store, services, null).FindManyAsync(keys).ConfigureAwait(false);
            return keys.Zip(answers).ToDictionary(static pair => pair.First, static pair => pair.Second);
        }
        catch (SessionStoreException)
        {
            return [];
        }
    }

    /// <summary>The answers of another store. One that fails, such as for a record of a newer format, hides no other.</summary>
    private async Task<Dictionary<SessionKey, SessionLookup>> ReadOneByOneAsync(SessionKey[] keys)
    {
        var client = new StoreClient(store, services, null);
        var answers = await Task.WhenAll(keys.Select(OneAsync)).ConfigureAwait(false);
        return answers.OfType<KeyValuePair<SessionKey, SessionLookup>>().ToDictionary();

        async Task<KeyValuePair<SessionKey, SessionLookup>?> OneAsync(SessionKey key)
        {
            try
            {
                return new(key, await client.FindAsync(key, endsWithRequest: false, CancellationToken.None).ConfigureAwait(false));
            }
            catch (SessionStoreException)
            {
                return null;
            }
        }
    }

    private void EndThoseThatDied(Dictionary<SessionKey, SessionLookup> answers)
    {
        var now = services.Now;
        var ended = new List<WatchedSession>();
        lock (_lock)
        {
            foreach (var (key, answer) in answers)
            {
                Collect(key, watched => !watched.Lives(answer, now), ended);
            }
        }

        foreach (var watched in ended)
        {
            SessionLog.WatchedEnded(Log, watched.Key, watched.Reason);
            watched.End();
        }
    }

    private void EndUnchecked(SessionKey[] keys)
    {
        var now = services.Now;
        var limit = Interval * MostSilentIntervals;
        var ended = new List<WatchedSession>();
        lock (_lock)
        {
            foreach (var key in keys)
            {
                Collect(key, watched => watched.IsUnchecked(now, limit), ended);
            }
        }

        if (ended.Count > 0)
        {
            SessionLog.WatchedUnchecked(Log, ended.Count, limit);
            ended.ForEach(static watched => watched.End());
        }
    }

    /// <summary>Takes those with a key that a condition selects out of the watch. The caller holds the lock.</summary>
    private void Collect(SessionKey key, Func<WatchedSession, bool> ends, List<WatchedSession> ended)
    {
        int before = ended.Count;
        for (var watched = _watched.GetValueOrDefault(key); watched is not null; watched = watched.Next)
        {
            if (ends(watched))
            {
                ended.Add(watched);
            }
        }

        for (int i = before; i < ended.Count; i++)
        {
            Unlink(ended[i]);
        }
    }

    /// <summary>The caller holds the lock.</summary>
    private void Unlink(WatchedSession watched)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(_watched, watched.Key);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref place))
        {
            return;
        }

        if (ReferenceEquals(place, watched))
        {
            _count--;
            if (watched.Next is null)
            {
                _watched.Remove(watched.Key);
            }
            else
            {
                place = watched.Next;
            }

            return;
        }

        for (var before = place; before is not null; before = before.Next)
        {
            if (ReferenceEquals(before.Next, watched))
            {
                before.Next = watched.Next;
                _count--;
                return;
            }
        }
    }
}
