using System.Runtime.CompilerServices;

namespace Sact.Session;

/// <summary>
/// Reads sessions of two stores. What the new store knows is final; what the old one knows may be that the session has moved.
/// </summary>
internal sealed class MigratingReads(RecordStore from, RecordStore to)
{
    public async ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var found = await to.FindAsync(key, cancellationToken).ConfigureAwait(false);
        if (IsAnswer(found))
        {
            return found;
        }

        var old = await from.FindAsync(key, cancellationToken).ConfigureAwait(false);
        if (old.Record is not null)
        {
            return old;
        }

        // It may have moved between the two reads.
        found = await to.FindAsync(key, cancellationToken).ConfigureAwait(false);
        return IsAnswer(found) || !IsAnswer(old) ? found : old;
    }

    public async ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken)
    {
        var found = (await to.FindManyAsync(keys, cancellationToken).ConfigureAwait(false)).ToArray();
        int[] unknown = [.. Enumerable.Range(0, found.Length).Where(i => !IsAnswer(found[i]))];
        await FillAsync(from, unknown).ConfigureAwait(false);
        await FillAsync(to, [.. unknown.Where(i => found[i].Record is null)]).ConfigureAwait(false);
        return found;

        async Task FillAsync(RecordStore store, int[] places)
        {
            if (places.Length == 0)
            {
                return;
            }

            var some = await store.FindManyAsync([.. places.Select(i => keys[i])], cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < places.Length; i++)
            {
                found[places[i]] = IsAnswer(some[i]) ? some[i] : found[places[i]];
            }
        }
    }

    public async IAsyncEnumerable<SessionRecord> ListAsync(string userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The old store first, so that a session that moves meanwhile is found twice and not never.
        var old = new Dictionary<SessionKey, SessionRecord>();
        await foreach (var session in from.GetActiveSessionsAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            old[session.Key] = session;
        }

        await foreach (var session in to.GetActiveSessionsAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            old.Remove(session.Key);
            yield return session;
        }

        foreach (var session in old.Values)
        {
            yield return session;
        }
    }

    private static bool IsAnswer(SessionLookup found) =>
        found.Record is not null || (found.Ended is { } marker && !SessionMove.IsMoved(marker));
}
