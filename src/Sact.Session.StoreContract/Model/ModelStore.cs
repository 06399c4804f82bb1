namespace Sact.Session.StoreContract;

/// <summary>The plain model of a store: a dictionary and a time.</summary>
internal sealed class ModelStore(bool leavesMarkers, bool clearMayLeaveMarkers)
{
    private readonly Dictionary<SessionKey, ModelSession> _sessions = [];
    private readonly Dictionary<SessionKey, ModelMarker> _markers = [];
    private readonly HashSet<SecretHash> _forgotten = [];

    /// <summary>The earliest time that a clock may be set back to: sessions with earlier deadlines may have been destroyed.</summary>
    public DateTimeOffset Floor { get; private set; } = DateTimeOffset.MinValue;

    public DateTimeOffset Now { get; private set; }

    public void SetClock(DateTimeOffset now)
    {
        Now = now;
        foreach (var session in _sessions.Values.Where(session => now >= session.Deadline + SessionRecord.SkewMargin).ToList())
        {
            // From now on the store may or may not have it. The session is expired in both cases.
            Floor = session.Deadline > Floor ? session.Deadline : Floor;
            _sessions.Remove(session.Key);
            _forgotten.Add(session.Lineage);
        }

        foreach (var (key, marker) in _markers.Where(entry => !IsVisible(entry.Value)).ToList())
        {
            // From now on the store may or may not have it.
            _markers.Remove(key);
            _forgotten.Add(marker.Lineage);
        }
    }

    /// <summary>The marker that the store must have; null if there is none.</summary>
    public ModelMarker? Marker(SessionKey key) => _markers.TryGetValue(key, out var marker) ? marker : null;

    /// <summary>
    /// Whether nobody knows what the store answers to a retry of a creation, because its session or its marker may have been destroyed.
    /// </summary>
    public bool IsForgotten(SessionRecord record) => _forgotten.Contains(record.LineageHash);

    public ModelSession? Live(SessionKey key) => _sessions.GetValueOrDefault(key) is { } session && Now < session.Deadline ? session : null;

    /// <summary>The session, live or expired: after a raise, new lifetimes may already have passed.</summary>
    public ModelSession? Stored(SessionKey key) => _sessions.GetValueOrDefault(key);

    public List<ModelSession> LiveOf(string user) => [.. _sessions.Values.Where(session => session.User == user && Now < session.Deadline)];

    public int CountLive() => _sessions.Values.Count(session => Now < session.Deadline);

    public (SessionCreationStatus Status, List<SessionKey> Ended) Create(SessionRecord record, SessionCap? cap)
    {
        if (Live(record.Key) is { } existing)
        {
            bool retry = existing.Lineage == record.LineageHash
            && existing.Current == record.CurrentHash
            && existing.State == record.State
            && existing.Created == record.CreatedAt
            && existing.User == record.UserId;
            return (retry ? SessionCreationStatus.Created : SessionCreationStatus.Exists, []);
        }

        if (Marker(record.Key)?.Lineage == record.LineageHash)
        {
            return (SessionCreationStatus.Exists, []);
        }

        var ended = new List<SessionKey>();
        if (cap is not null && record.UserId is { } user)
        {
            var live = LiveOf(user);
            if (live.Count >= cap.Max && cap.Policy == SessionCapPolicy.Refuse)
            {
                return (SessionCreationStatus.CapReached, []);
            }

            while (live.Count >= cap.Max)
            {
                var first = live[0];
                foreach (var other in live)
                {
                    first = EndsBefore(other, first, cap.Policy) ? other : first;
                }

                live.Remove(first);
                End(first, SessionEndReason.OverLimit);
                ended.Add(first.Key);
            }
        }

        _markers.Remove(record.Key);
        _sessions[record.Key] = ModelSession.Of(record);
        return (SessionCreationStatus.Created, ended);
    }

    public SessionUpdateStatus Update(SessionRecord record, SessionChange change) =>
        Live(record.Key) is { } session && session.Lineage == record.LineageHash ? session.Change(change) : SessionUpdateStatus.Gone;

    public bool Delete(SessionRecord record)
    {
        if (_sessions.GetValueOrDefault(record.Key) is not { } session || session.Lineage != record.LineageHash)
        {
            return false;
        }

        End(session, SessionEndReason.SignedOut);
        return Now < session.Deadline;
    }

    /// <summary>Ends sessions; without a reason they leave no markers.</summary>
    public long DeleteWhere(Func<ModelSession, bool> which, SessionEndReason? reason)
    {
        if (reason is null)
        {
            // A store may destroy the markers that it has.
            _forgotten.UnionWith(_markers.Values.Select(static marker => marker.Lineage));
            _markers.Clear();
            if (clearMayLeaveMarkers)
            {
                _forgotten.UnionWith(_sessions.Values.Select(static session => session.Lineage));
            }
        }

        long ended = 0;
        foreach (var session in _sessions.Values.Where(which).ToList())
        {
            End(session, reason);
            ended += Now < session.Deadline ? 1 : 0;
        }

        return ended;
    }

    private void End(ModelSession session, SessionEndReason? reason)
    {
        _sessions.Remove(session.Key);
        if (leavesMarkers && reason is { } why)
        {
            _markers[session.Key] = new(session.Lineage, why, Now);
        }
    }

    private bool IsVisible(ModelMarker marker) => Now < marker.EndedAt + EndedMarker.Lifetime;

    private bool EndsBefore(ModelSession one, ModelSession other, SessionCapPolicy policy)
    {
        if (one.State != other.State)
        {
            return one.State == SessionState.Pending;
        }

        bool oneWasNeverUsed = WasNeverUsed(one), otherWasNeverUsed = WasNeverUsed(other);
        if (oneWasNeverUsed != otherWasNeverUsed)
        {
            return oneWasNeverUsed;
        }

        var oneAt = policy == SessionCapPolicy.EndOldest || !one.Presented ? one.Created : one.Seen;
        var otherAt = policy == SessionCapPolicy.EndOldest || !other.Presented ? other.Created : other.Seen;
        int order = oneAt.CompareTo(otherAt);
        order = order != 0 ? order : one.Created.CompareTo(other.Created);
        return (order != 0 ? order : string.CompareOrdinal(one.Key.KeyPart, other.Key.KeyPart)) < 0;
    }

    private bool WasNeverUsed(ModelSession session) =>
        session.State != SessionState.Pending && !session.Presented && Now - session.Created > TimeSpan.FromMinutes(1);
}
