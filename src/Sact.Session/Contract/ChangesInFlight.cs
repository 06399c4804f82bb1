namespace Sact.Session.Stores;

/// <summary>
/// One write per session is in flight in a process. The changes that arrive meanwhile wait, and the next write carries all of them. So
/// many writers of one session cost a few writes, and each of them gets its turn.
/// </summary>
internal sealed class ChangesInFlight
{
    private readonly Lock _lock = new();

    // Null while nobody waits, which is nearly always.
    private readonly Dictionary<(SessionKey, SecretHash), List<WaitingChange>?> _waiting = [];

    /// <summary>Begins a write, or joins the next one.</summary>
    /// <returns>True if no write of the session is in flight, so that the caller writes.</returns>
    public bool TryBegin(WaitingChange change)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(change.Name, out var others))
            {
                _waiting.Add(change.Name, null);
                return true;
            }

            if (others is null)
            {
                _waiting[change.Name] = others = [];
            }

            others.Add(change);
            return false;
        }
    }

    /// <summary>Takes back a change that waits.</summary>
    /// <returns>False if its write has begun.</returns>
    public bool TryWithdraw(WaitingChange change)
    {
        lock (_lock)
        {
            return _waiting.TryGetValue(change.Name, out var others) && others?.Remove(change) == true;
        }
    }

    /// <summary>Ends a write. The first of those that wait writes next, for all of them.</summary>
    /// <param name="change">The change of the caller that has written.</param>
    /// <param name="stored">What the store has now; null if the write failed, or the session is gone.</param>
    public void End(WaitingChange change, SessionRecord? stored)
    {
        List<WaitingChange>? next;
        lock (_lock)
        {
            next = _waiting[change.Name];
            if (next is null or { Count: 0 })
            {
                _waiting.Remove(change.Name);
                return;
            }

            _waiting[change.Name] = null;
        }

        if (stored is not null)
        {
            next[0].Learn(stored);
        }

        next[0].Write(next);
    }
}
