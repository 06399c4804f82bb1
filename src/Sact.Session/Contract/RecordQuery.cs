namespace Sact.Session.Stores;

/// <summary>Finds the sessions of a query among the records that a store walks over.</summary>
internal sealed class RecordQuery(RecordStore store, TimeProvider clock)
{
    // A page reads this many records at most. Then it answers what it has found, so that no condition makes a page slow.
    private const int MostLooked = 4096;
    private const int LargestStep = 512;
    private const int SmallestStep = 64;
    private const int Growth = 4;

    // Records may be large. A page that takes longer answers what it has found, so that no call runs into the time-out of the store.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    public async ValueTask<SessionPage> RunAsync(SessionQuery query, RecordStore.RecordScan scan, CancellationToken cancellationToken)
    {
        byte[]? position = QueryCursor.Read(store.Prefix, query);
        if (query.UserId is { } userId)
        {
            return await OfUserAsync(query, userId, QueryPosition.Read(position), cancellationToken).ConfigureAwait(false);
        }

        var found = new List<SessionRecord>(query.PageSize);
        int skipped = 0, looked = 0, step = Math.Max(query.PageSize, SmallestStep);
        long began = clock.GetTimestamp();
        while (true)
        {
            var part = await scan(query, position, step, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < part.Records.Count; i++)
            {
                Take(query, part.Records[i].Key, part.Records[i].Stored, found, ref skipped);
                if (found.Count == query.PageSize)
                {
                    bool isLast = part.End is null && i == part.Records.Count - 1;
                    return Page(query, found, isLast ? null : part.Records[i].Position, skipped);
                }
            }

            looked += part.Looked;
            position = part.End;
            if (position is null || looked >= MostLooked || clock.GetElapsedTime(began) >= s_longest)
            {
                return Page(query, found, position, skipped);
            }

            step = Math.Min(step * Growth, LargestStep);
        }
    }

    private async ValueTask<SessionPage> OfUserAsync(
        SessionQuery query, string userId, QueryPosition after, CancellationToken cancellationToken)
    {
        var found = new List<SessionRecord>();
        int skipped = 0;
        await foreach (var (key, stored) in store.ReadUserAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            Take(query, key, stored, found, ref skipped);
        }

        return SortedPage(store.Prefix, query, found, after, skipped);
    }

    /// <summary>The page after a place, out of all sessions that match.</summary>
    public static SessionPage SortedPage(
        string prefix, SessionQuery query, IEnumerable<SessionRecord> matches, QueryPosition after, int skipped)
    {
        // The heap keeps the first ones: its root is the last of them in the order of the walk.
        var first = new PriorityQueue<SessionRecord, QueryPosition>(Comparer<QueryPosition>.Create(static (one, other) =>
            one == other ? 0 : one.IsBefore(other) ? 1 : -1));
        foreach (var session in matches)
        {
            // Of a million sessions nearly all are older than the page. They are left out before their key becomes a string.
            bool isFull = first.TryPeek(out _, out var last) && first.Count > query.PageSize;
            long createdAt = session.CreatedAt.ToUnixTimeMilliseconds();
            if (createdAt > after.CreatedAt || (isFull && createdAt < last.CreatedAt))
            {
                continue;
            }

            var place = QueryPosition.Of(session);
            if (!after.IsBefore(place) || (isFull && last.IsBefore(place)))
            {
                continue;
            }

            first.Enqueue(session, place);
            if (isFull)
            {
                first.Dequeue();
            }
        }

        bool isLast = first.Count <= query.PageSize;
        if (!isLast)
        {
            first.Dequeue();
        }

        var page = new SessionRecord[first.Count];
        for (int i = page.Length - 1; i >= 0; i--)
        {
            page[i] = first.Dequeue();
        }

        return new(page, isLast ? null : QueryCursor.Write(prefix, query, QueryPosition.Of(page[^1]).ToBytes()), skipped);
    }

    private SessionPage Page(SessionQuery query, List<SessionRecord> found, byte[]? position, int skipped) =>
        new(found, QueryCursor.Write(store.Prefix, query, position), skipped);

    private void Take(SessionQuery query, SessionKey key, StoredRecord stored, List<SessionRecord> found, ref int skipped)
    {
        if (stored.Error is { } error)
        {
            store.ReportUnreadable(key, error);
            skipped++;
        }
        else if (stored.IsLiveSession(clock.GetUtcNow()))
        {
            if (stored.Record is not { } record)
            {
                skipped++;
            }
            else if (query.Matches(record))
            {
                found.Add(record);
            }
        }
    }
}
