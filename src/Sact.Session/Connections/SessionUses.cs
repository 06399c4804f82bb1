namespace Sact.Session;

/// <summary>Extends the sessions of a connection as requests do: each at most once per <c>TouchInterval</c>.</summary>
internal sealed class SessionUses(SignedInSessions sessions)
{
    private readonly long[] _due = new long[sessions.All.Count];

    public async ValueTask NoteAsync()
    {
        for (int i = 0; i < _due.Length; i++)
        {
            var session = sessions.All[i];
            long now = session.Source.Services.Now.UtcTicks;
            long due = Volatile.Read(ref _due[i]);
            if (now >= due && session.Request is { Request.HasEnded: false } request)
            {
                long next = now + request.Settings.TouchIntervalOf(session.Data.Record).Ticks;
                if (Interlocked.CompareExchange(ref _due[i], next, due) == due)
                {
                    await NoteAsync(request).ConfigureAwait(false);
                }
            }
        }
    }

    private static async ValueTask NoteAsync(RequestSession request)
    {
        try
        {
            await request.ReadAsync(reload: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is SessionStoreException or OperationCanceledException or InvalidOperationException)
        {
            // The store has failed, which is logged, or the client has gone. Neither stops the call of the hub.
        }
    }
}
