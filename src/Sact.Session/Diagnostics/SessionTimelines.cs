namespace Sact.Session;

/// <summary>Something that this node has seen of a session. Equal events in a row are one with a count.</summary>
internal sealed record SeenEvent(DateTimeOffset Time, SessionTimelineEvent What, string? Detail, int Count = 1);

/// <summary>
/// What this node has seen of sessions, for the dashboard: the last events of the sessions that had an event last. It is bounded, whoever
/// causes the events, and exists only where somebody looks at it.
/// </summary>
internal sealed class SessionTimelines(TimeProvider clock)
{
    public const int MostSessions = 4096;
    public const int MostEvents = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, List<SeenEvent>> _seen = [];
    private readonly Queue<SessionKey> _order = new();

    public void Add(SessionKey key, SessionTimelineEvent what, string? detail = null)
    {
        if (key.IsDefault)
        {
            return;
        }

        var now = clock.GetUtcNow();
        lock (_lock)
        {
            if (!_seen.TryGetValue(key, out var events))
            {
                if (_order.Count == MostSessions)
                {
                    _seen.Remove(_order.Dequeue());
                }

                _seen.Add(key, events = []);
                _order.Enqueue(key);
            }

            // A thief who tries for hours must not push out how the session began.
            if (events.Count > 0 && events[^1] is var last && last.What == what && last.Detail == detail)
            {
                events[^1] = last with { Time = now, Count = last.Count + 1 };
                return;
            }

            if (events.Count == MostEvents)
            {
                events.RemoveAt(1);
            }

            events.Add(new SeenEvent(now, what, detail));
        }
    }

    public IReadOnlyList<SeenEvent> Of(SessionKey key)
    {
        lock (_lock)
        {
            return _seen.TryGetValue(key, out var events) ? [.. events] : [];
        }
    }
}
