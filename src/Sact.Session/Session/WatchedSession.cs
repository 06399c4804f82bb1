using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// A session that somebody watches, until it is disposed of: the connection of one request, or a Blazor circuit. Its token is cancelled
/// when the session has ended.
/// </summary>
internal sealed class WatchedSession : IDisposable
{
    private readonly SessionWatch _watch;
    private readonly SecretHash _lineageHash;
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly int _firstGeneration;
    private int _generation;
    private bool _mayRise;
    private long _checkedAt;

    internal WatchedSession(SessionWatch watch, SessionRecord session, int generation, DateTimeOffset now)
    {
        _watch = watch;
        _lineageHash = session.LineageHash;
        _firstGeneration = _generation = generation;
        _checkedAt = now.UtcTicks;
        Key = session.Key;
    }

    public SessionKey Key { get; }

    /// <summary>Is cancelled when the session has ended. It outlives this object.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Why it has ended; null while it lives, or if nobody knows.</summary>
    public SessionEndReason? Reason { get; private set; }

    /// <summary>Whether the request that watches ends the session itself, so that it may still answer its client.</summary>
    public bool IsEndedHere { get; set; }

    /// <summary>The next one with the same key. The watch's lock guards it.</summary>
    internal WatchedSession? Next { get; set; }

    /// <summary>The request that watches is about to replace the id at once. That ends nothing here.</summary>
    public void ExpectReplacement()
    {
        lock (_lock)
        {
            _mayRise = true;
        }
    }

    /// <summary>The generation that the request uses from now on, whether or not it could replace its id.</summary>
    public void Follow(int generation)
    {
        lock (_lock)
        {
            _generation = generation;
            _mayRise = false;
        }
    }

    /// <summary>Whether this is the session of a record.</summary>
    public bool IsOf(SessionRecord record) => record.Key == Key && record.LineageHash == _lineageHash;

    public void Dispose() => _watch.Remove(this);

    /// <summary>Compares the store's answer with the session that is watched.</summary>
    /// <returns>Whether the session lives.</returns>
    internal bool Lives(SessionLookup answer, DateTimeOffset now)
    {
        if (answer.Record is { } record
            && record.LineageHash == _lineageHash
            && IsOfGeneration(record.Generation)
            && record.IsLive(now))
        {
            Volatile.Write(ref _checkedAt, now.UtcTicks);
            if (now < SchemeExpiry.EndOf(record))
            {
                return true;
            }

            Reason = SessionEndReason.Expired;
            return false;
        }

        Reason = answer.Ended is { } marker && marker.LineageHash == _lineageHash ? marker.Reason : null;
        return false;
    }

    /// <summary>
    /// Whether the session has an id of this request. The store may have been read before the request replaced its id, so an older
    /// generation counts too. A newer one is that of another request, and this one's id has ended.
    /// </summary>
    private bool IsOfGeneration(int generation)
    {
        lock (_lock)
        {
            return generation >= _firstGeneration && generation <= (_mayRise ? _generation + 1 : _generation);
        }
    }

    /// <summary>Whether the store has not answered for longer than a connection may stay open without an answer.</summary>
    internal bool IsUnchecked(DateTimeOffset now, TimeSpan limit) => now.UtcTicks - Volatile.Read(ref _checkedAt) > limit.Ticks;

    /// <summary>Cancels the token. Its callbacks run elsewhere, because one of them may take long.</summary>
    internal void End() => _ended.CancelAsync().ContinueWith(
        static (cancelling, log) => SessionLog.EndCallbackFailed((ILogger)log!, cancelling.Exception!),
        _watch.Log,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
