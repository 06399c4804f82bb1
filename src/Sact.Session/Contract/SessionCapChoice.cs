namespace Sact.Session.Stores;

/// <summary>Chooses which sessions of a user may end, so that a new one keeps the cap.</summary>
internal static class SessionCapChoice
{
    /// <summary>Reads the sessions of the new one's user, and chooses among them.</summary>
    /// <returns>What the store needs to add the new one; null if the cap refuses.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    public static async ValueTask<RecordAdmission?> ChooseAsync(
        RecordStore store, SessionRecord session, SessionCap cap, CancellationToken cancellationToken)
    {
        var now = store.Now;
        var live = new List<SessionRecord>();
        var ignored = new List<SessionKey>();
        int newer = 0;
        await foreach (var (key, stored) in store.ReadUserAsync(session.UserId!, cancellationToken).ConfigureAwait(false))
        {
            if (key == session.Key)
            {
                continue;
            }

            bool counts = stored.IsLive(now) && RecordStore.IsOf(stored, session.UserId!);
            if (counts && stored.Record is { } record)
            {
                live.Add(record);
            }
            else if (counts)
            {
                newer++;
            }
            else
            {
                ignored.Add(key);
            }
        }

        if (cap.ChooseEnded(live, newer, now) is null)
        {
            return null;
        }

        // All of them in the cap's order, because others may sign in meanwhile. With a cap of one, every other session ends.
        var order = cap.Policy == SessionCapPolicy.Refuse ? [] : new SessionCap(1, cap.Policy).ChooseEnded(live, now)!;
        return new RecordAdmission(
            now, cap.Max, [.. order.Select(record => EndedMarker.Of(record, SessionEndReason.OverLimit, now))], ignored);
    }
}
