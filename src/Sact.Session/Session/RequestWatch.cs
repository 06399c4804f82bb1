namespace Sact.Session;

/// <summary>Watches the session of a request while the request runs, so that its connection can close when the session ends.</summary>
internal readonly struct RequestWatch(RequestSession session)
{
    /// <summary>Is cancelled when the session that was read has ended; is cancelled already if there is none.</summary>
    /// <exception cref="InvalidOperationException">The session was not read, or the request has ended.</exception>
    public CancellationToken EndedToken
    {
        get
        {
            session.MarkUsed();
            return !session.IsRead && session.State.Phase == SessionPhase.Presented
                ? throw new InvalidOperationException(
                    "EndedToken needs a session that was read. Call await session.GetAsync() before it.")
                : Begin()?.Ended ?? new CancellationToken(canceled: true);
        }
    }

    /// <summary>What watches the session; null for nothing.</summary>
    public WatchedSession? Watched
    {
        get
        {
            lock (session.Request.Lock)
            {
                return RequestWatches.Of(session.Request)?.Find(session.Backend);
            }
        }
    }

    /// <summary>Notes whether the request ends the session itself, and then may still answer its client.</summary>
    public void NoteEndedHere(bool value)
    {
        if (Watched is { } watched)
        {
            watched.IsEndedHere = value;
        }
    }

    /// <summary>Begins to watch the session that was read last; null if there is none. A second call returns the same object.</summary>
    public WatchedSession? Begin()
    {
        lock (session.Request.Lock)
        {
            session.Request.ThrowIfEnded();
            if (!session.State.IsLive || session.Record is not { } record)
            {
                return null;
            }

            if (RequestWatches.Of(session.Request)?.Find(session.Backend) is { } watched)
            {
                if (watched.IsOf(record))
                {
                    return watched;
                }

                watched.Dispose();
            }

            return RequestWatches.Add(session.Request, session.Backend, record, session.State.Generation);
        }
    }
}
