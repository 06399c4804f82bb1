using System.Data.Common;

namespace Sact.Session;

/// <summary>Adds sessions: by one statement without a limit, and in one transaction under a limit.</summary>
internal sealed class SessionAdditions(SessionTable table, SessionLocks locks)
{
    // An insert fails where another one was first. The next attempt sees the other row, unless that is gone again.
    private const int MostAttempts = 4;

    public async Task<RecordAddition> AddAsync(DatabaseCall call, SessionRecord session, RecordAdmission admission)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return admission.Max == 0
                    ? await AddUncappedAsync(call, session, admission, attempt).ConfigureAwait(false)
                    : await AddUnderCapAsync(call, session, admission, attempt).ConfigureAwait(false);
            }
            catch (Exception fault) when (attempt < MostAttempts && MayBeOccupied(fault) && !call.Token.IsCancellationRequested)
            {
                // The next attempt looks for what is in the way. Whatever else the fault was, the next attempt meets it again.
            }
        }
    }

    // No provider says in the same way that a row is already there.
    private static bool MayBeOccupied(Exception fault) => fault is DbException or { InnerException: DbException };

    private async Task<RecordAddition> AddUncappedAsync(
        DatabaseCall call, SessionRecord session, RecordAdmission admission, int attempt)
    {
        if (attempt > 1 && await table.MakeWayAsync(call, session, admission.Now).ConfigureAwait(false) is { } occupant)
        {
            return RecordAddition.Occupied(occupant);
        }

        await table.InsertAsync(call, session).ConfigureAwait(false);
        return RecordAddition.Added();
    }

    private Task<RecordAddition> AddUnderCapAsync(DatabaseCall call, SessionRecord session, RecordAdmission admission, int attempt)
    {
        string userId = session.UserId!;
        byte[] turn = locks.IdOf(userId);
        long now = admission.Now.ToUnixTimeMilliseconds();
        return call.TransactAsync(async () =>
        {
            await locks.TakeAsync(call, turn, now).ConfigureAwait(false);
            var live = await table.ReadLiveKeysAsync(call, userId, now).ConfigureAwait(false);
            var ended = live.Contains(session.Key.KeyPart) ? null : Choose(live, admission);

            // Whatever is under the key comes before the limit.
            if ((attempt > 1 || ended is null)
                && await table.MakeWayAsync(call, session, admission.Now).ConfigureAwait(false) is { } occupant)
            {
                return (RecordAddition.Occupied(occupant), false);
            }

            if (ended is null)
            {
                return (RecordAddition.Full, false);
            }

            var keys = new List<SessionKey>();
            foreach (var marker in ended)
            {
                // One that ended meanwhile keeps its own marker.
                if (await table.MarkOfUserAsync(call, marker, userId).ConfigureAwait(false) > 0)
                {
                    keys.Add(marker.Key);
                }
            }

            await table.InsertAsync(call, session).ConfigureAwait(false);
            return (RecordAddition.Added(keys), true);
        });
    }

    /// <summary>Which sessions end; null if the candidates make too little room.</summary>
    private static List<EndedMarker>? Choose(HashSet<string> live, RecordAdmission admission)
    {
        live.ExceptWith(admission.Ignored.Select(static key => key.KeyPart));
        int excess = Math.Max(0, live.Count + 1 - admission.Max);
        var ended = admission.Candidates.Where(marker => live.Contains(marker.Key.KeyPart)).Take(excess).ToList();
        return ended.Count == excess ? ended : null;
    }
}
