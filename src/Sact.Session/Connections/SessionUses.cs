using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Extends the sessions of a connection as requests do: each at most once per <c>TouchInterval</c>.</summary>
/// <param name="sessions">The sessions of the request with which the connection began.</param>
/// <param name="name">The registration that the application has named; null for none.</param>
internal sealed class SessionUses(SignedInSessions sessions, string? name)
{
    private Due _due = new(sessions);

    /// <summary>Notes a use.</summary>
    /// <param name="http">The request of the connection now: a stateful reconnect brings another one, and ends the one before.</param>
    public async ValueTask NoteAsync(HttpContext? http)
    {
        try
        {
            var due = Volatile.Read(ref _due);
            if (due.HasEnded && http is not null)
            {
                due = new(await SignedInSessions.OfAsync(http, name, []).ConfigureAwait(false));
                Volatile.Write(ref _due, due);
            }

            await due.NoteAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is SessionStoreException or OperationCanceledException or InvalidOperationException)
        {
            // The store has failed, which is logged, or the client has gone. Neither stops the call of the hub.
        }
    }

    /// <summary>The sessions of one request, and when the next use of each is to be noted.</summary>
    private sealed class Due(SignedInSessions sessions)
    {
        private readonly long[] _at = new long[sessions.All.Count];

        public bool HasEnded
        {
            get
            {
                for (int i = 0; i < _at.Length; i++)
                {
                    if (sessions.All[i].Request is { Request.HasEnded: true })
                    {
                        return true;
                    }
                }

                return false;
            }
        }

        public async ValueTask NoteAsync()
        {
            for (int i = 0; i < _at.Length; i++)
            {
                var session = sessions.All[i];
                long now = session.Source.Services.Now.UtcTicks;
                long at = Volatile.Read(ref _at[i]);
                if (now >= at && session.Request is { Request.HasEnded: false } request)
                {
                    long next = now + request.Settings.TouchIntervalOf(session.Data.Record).Ticks;
                    if (Interlocked.CompareExchange(ref _at[i], next, at) == at)
                    {
                        await request.ReadAsync(reload: true, CancellationToken.None).ConfigureAwait(false);
                    }
                }
            }
        }
    }
}
