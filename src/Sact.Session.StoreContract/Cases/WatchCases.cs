using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

/// <summary>What the watch over open connections needs: to read many sessions at once, and to hear of ends elsewhere.</summary>
internal static class WatchCases
{
    // Real time: a report travels over a network.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Watch", ManyAreFoundInTheirOrder, "FindManyAsync answers each key as FindAsync does, in the order of the keys."),
        new("Watch", ManyHideNoUnreadableOne, "A record that cannot be read hides no other from FindManyAsync.", ["H2", "H5"]),
        new("Watch", AFullBatchIsFound, "FindManyAsync answers 256 keys."),
        new("Watch", EndElsewhereIsReported, "A listener hears of each session that another handle ends.", ["I6"]),
        new(
            "Watch",
            ReplacedIdElsewhereIsReported,
            "A listener hears of a session whose id another handle replaces at once, and of the end of all sessions.",
            ["I6"]),
        new("Watch", ReplacedIdElsewhereIsPolled, "A session whose id another handle replaced at once is found with its new generation."),
    ];

    private static ISessionBatchStore Batch(IGenericStore store) => store as ISessionBatchStore
        ?? throw new StoreContractNotApplicableException("The store is no ISessionBatchStore: the watch reads sessions one by one.");

    private static async Task ManyAreFoundInTheirOrder(CaseRun run)
    {
        var store = Batch(run.Store);
        var live = await run.SignInAsync(run.Alice);
        var ended = await run.SignInAsync(run.Bob);
        var anonymous = await run.SignInAsync(null);
        await run.Store.DeleteAsync(ended, run.Token);
        var unknown = run.NewKey(run.Alice);
        var foreign = SessionKey.Parse($"another-prefix:{live.Key.KeyPart}");
        SessionKey[] keys = [unknown, anonymous.Key, ended.Key, foreign, live.Key, anonymous.Key];

        var found = await store.FindManyAsync(keys, run.Token);

        Require(found.Count == keys.Length, $"FindManyAsync answered {found.Count} of {keys.Length} keys.");
        Require(found[0].Record is null && found[0].Ended is null, "FindManyAsync found something under a key that nobody used.");
        RequireSame(anonymous, found[1].Record, "An anonymous session among many");
        Require(found[2].Record is null, "FindManyAsync answers an ended session.");
        Require(found[3].Record is null, "FindManyAsync answers a session under a key of another prefix.");
        RequireSame(live, found[4].Record, "A live session among many");
        RequireSame(anonymous, found[5].Record, "A session whose key was given twice");
        if (store is IEndedSessionStore)
        {
            Require(found[2].Ended?.Reason == SessionEndReason.SignedOut, "FindManyAsync answers an ended session without its marker.");
        }

        run.Clock.Advance(Lifetimes.AbsoluteTimeout);
        Require(
            (await store.FindManyAsync(keys, run.Token)).All(static lookup => lookup.Record is null),
            "FindManyAsync answers an expired session.");
        await RequireThrowsAsync<ArgumentException>(
            async () => await store.FindManyAsync([live.Key, default], run.Token), "FindManyAsync takes a default key.");
    }

    private static async Task ManyHideNoUnreadableOne(CaseRun run)
    {
        var store = Batch(run.Store);
        var live = await run.SignInAsync(run.Alice);
        var newer = await run.SignInAsync(run.Bob);
        var garbage = await run.SignInAsync(run.Bob);
        bool plants = await run.Subject.PlantNewerFormatAsync(newer, run.Token);
        plants |= await run.Subject.PlantGarbageAsync(garbage, run.Token);
        if (!plants)
        {
            throw new StoreContractNotApplicableException("The subject cannot plant a record that is unreadable.");
        }

        var found = await store.FindManyAsync([newer.Key, live.Key, garbage.Key], run.Token);

        RequireSame(live, found[1].Record, "A live session beside unreadable ones");
    }

    private static async Task AFullBatchIsFound(CaseRun run)
    {
        var store = Batch(run.Store);
        var sessions = new List<SessionRecord>();
        for (int i = 0; i < 3; i++)
        {
            sessions.Add(await run.SignInAsync(run.Alice));
        }

        SessionKey[] keys =
        [
            .. sessions.Select(static session => session.Key),
            .. Enumerable.Range(3, ISessionBatchStore.MostKeys - 3).Select(_ => run.NewKey(run.Bob)),
        ];
        var found = await store.FindManyAsync(keys, run.Token);
        Require(found.Count == keys.Length, $"FindManyAsync answered {found.Count} of {keys.Length} keys.");
        Require(found.Count(static lookup => lookup.Record is not null) == 3, "FindManyAsync missed a live session among 256 keys.");
    }

    private static async Task EndElsewhereIsReported(CaseRun run)
    {
        await using var reports = await ListenAsync(run);

        var first = await run.SignInAsync(run.Alice);
        await run.Store.DeleteAsync(first, run.Token);
        await IsReportedAsync(reports, first.Key, "A session that another handle ended");

        var second = await run.SignInAsync(run.Alice);
        await run.Store.DeleteActiveSessionsAsync(run.Alice, cancellationToken: run.Token);
        await IsReportedAsync(reports, second.Key, "A session that another handle ended with its user's others");

        var third = await run.SignInAsync(run.Bob);
        await run.CreateAsync(run.Record(run.Bob), new SessionCap(1, SessionCapPolicy.EndOldest));
        await IsReportedAsync(reports, third.Key, "A session that the cap ended");
    }

    private static async Task ReplacedIdElsewhereIsReported(CaseRun run)
    {
        await using var reports = await ListenAsync(run);

        var session = await run.SignInAsync(run.Alice);
        await run.AppliedAsync(session, Replacing(run, session));
        await IsReportedAsync(reports, session.Key, "A session whose id another handle replaced at once");

        // Through an outdated record, as after a lost race.
        var contended = await run.SignInAsync(run.Alice);
        await run.AppliedAsync(contended, new SessionChange { Set = Fields(("a", "1")) });
        await run.AppliedAsync(contended, Replacing(run, contended));
        await IsReportedAsync(reports, contended.Key, "A session whose id another handle replaced at once after a lost race");

        var last = await run.SignInAsync(run.Bob);
        await run.Store.ClearAsync(run.Token);
        await IsReportedAsync(reports, last.Key, "A session that ended with all others");
    }

    private static SessionChange Replacing(CaseRun run, SessionRecord session) =>
        new() { Renewal = SessionRenewal.Replace(NewHash(), run.Now, session) };

    /// <summary>Listens with the other handle, for a time that is long enough for every report of the case.</summary>
    private static async Task<IAsyncEnumerator<SessionKey?>> ListenAsync(CaseRun run)
    {
        EndingCases.RequireShared(run);
        if (run.Other is not ISessionEndSource source)
        {
            throw new StoreContractNotApplicableException("The store is no ISessionEndSource: open connections close by polling.");
        }

        var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Token);
        stop.CancelAfter(s_longest);
        var reports = source.ListenAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        try
        {
            Require(await reports.MoveNextAsync() && reports.Current is null, "A listener did not begin with the report that it listens.");
            return reports;
        }
        catch (NotSupportedException exception)
        {
            throw new StoreContractNotApplicableException($"The store cannot listen here: {exception.Message}");
        }
    }

    private static async Task IsReportedAsync(IAsyncEnumerator<SessionKey?> reports, SessionKey key, string what)
    {
        try
        {
            while (await reports.MoveNextAsync())
            {
                // Null is any session.
                if (reports.Current is null || reports.Current == key)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }

        Require(false, $"{what} was not reported within {s_longest.TotalSeconds:0} seconds.");
    }

    private static async Task ReplacedIdElsewhereIsPolled(CaseRun run)
    {
        EndingCases.RequireShared(run);
        var session = await run.SignInAsync(run.Alice);
        await run.Other.UpdateAsync(session, Replacing(run, session), run.Token);

        var found = await Batch(run.Store).FindManyAsync([session.Key], run.Token);

        Require(
            found[0].Record?.Generation == session.Generation + 1,
            "FindManyAsync does not show that another handle replaced the id at once.");
    }
}
