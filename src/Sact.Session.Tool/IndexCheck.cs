namespace Sact.Session.Tool;

/// <summary>
/// Compares the index of users with the records: each session that a walk over all records finds must be listed for its user, and each
/// listed one must be found by the walk. A session that nobody lists survives "sign out everywhere".
/// </summary>
internal sealed class IndexCheck(RecordStore store, TimeProvider clock)
{
    private const int MostShown = 20;

    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    public async Task RunAsync(CheckFindings findings, ToolConsole console, CancellationToken cancellationToken)
    {
        var began = clock.GetUtcNow();
        var queries = (ISessionQueryStore)store;
        long total = (await queries.CountByStateAsync(cancellationToken).ConfigureAwait(false)).Total;
        var walk = new SessionWalk(queries, new SessionQuery { PageSize = SessionQuery.MaxPageSize });
        var found = new Dictionary<string, HashSet<SessionKey>>(StringComparer.Ordinal);
        long looked = 0;
        await console.ProgressAsync("Read sessions", total, async report =>
        {
            await foreach (var page in walk.PagesAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var record in page.Sessions)
                {
                    looked++;
                    if (record.UserId is { } userId)
                    {
                        (found.TryGetValue(userId, out var keys) ? keys : found[userId] = []).Add(record.Key);
                    }
                }

                report(looked);
            }
        }).ConfigureAwait(false);
        long compared = 0;
        await console.ProgressAsync("Compared users", found.Count, async report =>
        {
            foreach (var (userId, keys) in found)
            {
                await CompareAsync(userId, keys, began, findings, cancellationToken).ConfigureAwait(false);
                report(++compared);
            }
        }).ConfigureAwait(false);
        findings.Figures["sessions_read"] = $"{looked}";
        findings.Figures["users_compared"] = $"{found.Count}";
        if (walk.Skipped > 0)
        {
            findings.Problems.Add(
                $"{walk.Skipped} records cannot be read, or a newer version of Sact.Session wrote them. Update the tool, and look at "
                + "event 25 in the log of the application.");
        }

        Shorten(findings.Problems);
    }

    private async Task CompareAsync(
        string userId, HashSet<SessionKey> found, DateTimeOffset began, CheckFindings findings, CancellationToken cancellationToken)
    {
        var listed = await ListAsync(userId, cancellationToken).ConfigureAwait(false);
        foreach (var key in found.Where(key => !listed.ContainsKey(key)))
        {
            // Sessions begin and end meanwhile. It is a problem only if it is live now and a second look does not list it either.
            if (await store.GetAsync(key, cancellationToken).ConfigureAwait(false) is { State: not SessionState.Note } live
                && live.UserId == userId
                && !(await ListAsync(userId, cancellationToken).ConfigureAwait(false)).ContainsKey(key))
            {
                findings.Problems.Add(
                    $"The session {key} is not listed for its user, so that signing out everywhere misses it. End it by its key.");
            }
        }

        foreach (var (key, record) in listed)
        {
            // What began after the walk did may be missing in it.
            if (record.State != SessionState.Note && record.CreatedAt < began && !found.Contains(key)
                && !await IsFoundAsync(record, cancellationToken).ConfigureAwait(false))
            {
                findings.Problems.Add(
                    $"The session {key} is listed for its user, but a walk over all records does not find it. "
                    + "Look who has changed its columns or its key.");
            }
        }
    }

    /// <summary>Whether a narrow walk finds a session that the wide one has missed, or the session has ended meanwhile.</summary>
    private async Task<bool> IsFoundAsync(SessionRecord record, CancellationToken cancellationToken)
    {
        var query = new SessionQuery
        {
            PageSize = SessionQuery.MaxPageSize,
            CreatedFrom = record.CreatedAt,
            CreatedBefore = record.CreatedAt.AddMilliseconds(1),
        };
        await foreach (var page in new SessionWalk((ISessionQueryStore)store, query).PagesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (page.Sessions.Any(session => session.Key == record.Key))
            {
                return true;
            }
        }

        return await store.GetAsync(record.Key, cancellationToken).ConfigureAwait(false) is null;
    }

    private async Task<Dictionary<SessionKey, SessionRecord>> ListAsync(string userId, CancellationToken cancellationToken)
    {
        var listed = new Dictionary<SessionKey, SessionRecord>();
        await foreach (var record in store.GetActiveSessionsAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            listed[record.Key] = record;
        }

        return listed;
    }

    private static void Shorten(List<string> problems)
    {
        if (problems.Count > MostShown)
        {
            int more = problems.Count - MostShown;
            problems.RemoveRange(MostShown, more);
            problems.Add($"{more} further problems are not shown.");
        }
    }
}
