using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class UnreadableCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Unreadable",
            GarbageIsAbsent,
            "An unreadable record is absent, to reads and to changes, and other sessions are not affected.",
            ["H2"]),
        new("Unreadable", GarbageIsNotDeletedByReads, "No read deletes an unreadable record.", ["H2"]),
        new(
            "Unreadable",
            NewerFormatIsAFault,
            "A record of a newer format is a SessionStoreException to a read, a list and a change.",
            ["H5"]),
        new("Unreadable", NewerFormatStaysUntouched, "No read, no change and no creation touches a record of a newer format.", ["H5"]),
        new(
            "Unreadable",
            NewerFormatCanBeEnded,
            "A live record of a newer format can be ended through its record, and the first end alone answers true.",
            ["H5"]),
        new(
            "Unreadable",
            NewerFormatEndsWithItsUsers,
            "Ending a user's sessions ends and counts those of a newer format too, except the excepted one.",
            ["H5"]),
        new(
            "Unreadable",
            NewerFormatEndsWithAll,
            "Ending all sessions of a prefix ends those of a newer format too; they are counted before it, and in its answer.",
            ["H5"]),
        new(
            "Unreadable",
            NewerFormatCountsUnderTheCap,
            "A live record of a newer format counts under the cap, and is never the one that the cap ends.",
            ["H5", "D11"]),
        new(
            "Unreadable",
            NewerFormatThatFillsTheCapIsAFault,
            "Where records of a newer format fill the cap alone, a cap that ends is a SessionStoreException and one that refuses is "
            + "CapReached; nothing is written.",
            ["H5", "D11"]),
        new(
            "Unreadable",
            ExpiredNewerFormatIsAbsent,
            "An expired record of a newer format is neither listed nor counted, and takes no place under the cap.",
            ["H5", "G4"]),
        new("Unreadable", NewerFormatThatLivesIsNotSwept, "A cleanup destroys no live record of a newer format.", ["H5", "D9"], s_span),
    ];

    /// <summary>Signs in, and replaces the record by bytes that nobody can read.</summary>
    public static async Task<SessionRecord> PlantGarbageAsync(CaseRun run, SessionLifetimes? lifetimes = null)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")), lifetimes: lifetimes);
        return await run.Subject.PlantGarbageAsync(session, run.Token)
            ? session
            : throw new StoreContractNotApplicableException("The subject cannot plant garbage (PlantGarbageAsync).");
    }

    // As in the cases about cleanup: the case cleans up when its clock has reached the server's.
    private static readonly TimeSpan s_span = TimeSpan.FromDays(10);

    private static async Task<SessionRecord> PlantNewerFormatAsync(CaseRun run, SessionLifetimes? lifetimes = null, string? user = null)
    {
        var session = await run.SignInAsync(user ?? run.Alice, Fields(("a", "1")), lifetimes: lifetimes);
        return await run.Subject.PlantNewerFormatAsync(session, run.Token)
            ? session
            : throw new StoreContractNotApplicableException("The subject cannot plant a record of a newer format (PlantNewerFormatAsync).");
    }

    /// <summary>Looks into the storage: a method of the store would take bytes that it cannot read for nothing.</summary>
    public static async Task StillStoredAsync(CaseRun run, SessionRecord session, string sentence)
    {
        bool? stored = await run.Subject.ExistsPhysicallyAsync(session.Key, run.Token);
        Require(
            stored ?? throw new StoreContractNotApplicableException(
                "The subject cannot look into the storage (ExistsPhysicallyAsync)."),
            sentence);
    }

    private static Task MatchesAsync(CaseRun run, SessionRecord newer, string sentence) =>
        RequireThrowsAsync<SessionStoreException>(async () => await run.Store.GetAsync(newer.Key, run.Token), sentence);

    private static async Task GarbageIsAbsent(CaseRun run)
    {
        var bad = await PlantGarbageAsync(run);
        var good = await run.SignInAsync(run.Alice);
        await run.AbsentAsync(bad, "An unreadable record was read.");
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone, bad, new SessionChange { Set = Fields(("a", "2")) }, "A change to an unreadable record");
        await run.ListedAsync(run.Alice, "Besides an unreadable record the list is not the readable one.", good);
        await run.MatchesAsync(good, "A session beside an unreadable one");
        await run.SignInAsync(run.Alice);
    }

    private static async Task GarbageIsNotDeletedByReads(CaseRun run)
    {
        var bad = await PlantGarbageAsync(run);
        await StillStoredAsync(run, bad, "PlantGarbageAsync planted nothing.");
        await run.AbsentAsync(bad, "An unreadable record was read.");
        await run.ListAsync(run.Alice);
        await run.Store.CountActiveSessionsAsync(run.Token);
        await StillStoredAsync(run, bad, "A read deleted an unreadable record.");
    }

    private static async Task NewerFormatIsAFault(CaseRun run)
    {
        var newer = await PlantNewerFormatAsync(run);
        await RequireThrowsAsync<SessionStoreException>(
            async () => await run.Store.GetAsync(newer.Key, run.Token),
            "A record of a newer format was read, or is absent.");
        foreach (var change in UpdateCases.EveryKind(newer, run.Now).Skip(1).Take(3))
        {
            await RequireThrowsAsync<SessionStoreException>(
                async () => await run.Store.UpdateAsync(newer, change, run.Token),
                "A record of a newer format was changed, or is absent.");
        }

        await run.SignInAsync(run.Alice);
        await RequireThrowsAsync<SessionStoreException>(() => run.ListAsync(run.Alice), "A list leaves out a session of a newer format.");
        await run.ListedAsync(run.Bob, "A session of a newer format makes another user's list fail.");
    }

    private static async Task NewerFormatStaysUntouched(CaseRun run)
    {
        var newer = await PlantNewerFormatAsync(run);
        for (int i = 0; i < 2; i++)
        {
            await StillStoredAsync(run, newer, "A read or a change deleted a record of a newer format.");
            await RequireThrowsAsync<SessionStoreException>(
                async () => await run.Store.GetAsync(newer.Key, run.Token),
                "A record of a newer format is read as one of this format after it was touched.");
            await RequireThrowsAsync<SessionStoreException>(
                async () => await run.Store.UpdateAsync(newer, new SessionChange { Touch = new SessionTouch(run.Now) }, run.Token),
                "A record of a newer format was changed.");
            await RequireThrowsAsync<SessionStoreException>(
                () => run.ListAsync(run.Alice),
                "A list leaves out a session of a newer format.");
        }

        try
        {
            var creation = await run.Store.CreateAsync(run.Record(run.Alice, key: newer.Key), null, run.Token);
            Require(
                creation.Status == SessionCreationStatus.Exists,
                $"A creation under the key of a record of a newer format was answered {creation.Status}.");
        }
        catch (SessionStoreException)
        {
            // An exception is the other valid outcome.
        }

        await StillStoredAsync(run, newer, "A creation deleted a record of a newer format.");
        await MatchesAsync(run, newer, "A creation overwrote a record of a newer format.");
    }

    private static async Task NewerFormatCanBeEnded(CaseRun run)
    {
        var newer = await PlantNewerFormatAsync(run);
        Require(
            !await run.Store.DeleteAsync(run.Record(run.Alice, key: newer.Key), run.Token),
            "Ending a session of a newer format through a record of another lineage answered true.");
        await MatchesAsync(run, newer, "A record of another lineage ended a session of a newer format.");
        Require(await run.Store.DeleteAsync(newer, run.Token), "Ending a live session of a newer format answered false.");
        await run.AbsentAsync(newer, "A session of a newer format that was ended is still there.");
        await run.ListedAsync(run.Alice, "A session of a newer format that was ended is still listed.");
        Require(!await run.Store.DeleteAsync(newer, run.Token), "Ending a session of a newer format a second time answered true.");
    }

    private static async Task NewerFormatEndsWithItsUsers(CaseRun run)
    {
        var kept = await PlantNewerFormatAsync(run);
        var ended = await PlantNewerFormatAsync(run);
        var known = await run.SignInAsync(run.Alice);
        var his = await PlantNewerFormatAsync(run, user: run.Bob);
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, kept.Key, run.Token) == 2,
            "Ending all but one of a user's sessions did not end, or did not count, those of a newer format.");
        await MatchesAsync(run, kept, "The excepted session, of a newer format, ended.");
        await run.AbsentAsync(ended, "A session of a newer format outlived the end of its user's sessions.");
        await run.AbsentAsync(known, "A session beside those of a newer format outlived the end of its user's sessions.");
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 1,
            "Ending a user's last session, of a newer format, did not answer 1.");
        await run.AbsentAsync(kept, "A session of a newer format outlived the end of its user's sessions.");
        await MatchesAsync(run, his, "The end of a user's sessions ended another user's, of a newer format.");
    }

    private static async Task NewerFormatEndsWithAll(CaseRun run)
    {
        var newer = await PlantNewerFormatAsync(run);
        await run.SignInAsync(null);
        await run.CountedAsync(2, "A session of a newer format is not counted.");
        Require(
            await run.Store.ClearAsync(run.Token) == 2, "Ending all sessions did not end, or did not count, the one of a newer format.");
        await run.AbsentAsync(newer, "A session of a newer format outlived the end of all sessions.");
        await run.CountedAsync(0, "A session of a newer format that was ended is still counted.");
    }

    private static async Task NewerFormatCountsUnderTheCap(CaseRun run)
    {
        var newer = await PlantNewerFormatAsync(run);
        run.Clock.Advance(TimeSpan.FromMinutes(5));
        var first = await run.SignInAsync(run.Alice, presented: true);
        foreach (var policy in new[] { SessionCapPolicy.EndLeastRecentlyUsed, SessionCapPolicy.EndOldest })
        {
            run.Clock.Advance(TimeSpan.FromSeconds(1));
            var refused = run.Record(run.Alice);
            await run.CreationIsAsync(
                SessionCreationStatus.CapReached,
                refused,
                new SessionCap(2, SessionCapPolicy.Refuse),
                "A session of a newer format does not count under a cap that refuses.");
            await run.AbsentAsync(refused, "A session that the cap refused was stored.");

            var next = run.Record(run.Alice, presented: true);
            var creation = await run.Store.CreateAsync(next, new SessionCap(2, policy), run.Token);
            Require(
                creation.Status == SessionCreationStatus.Created && creation.Ended.Count == 1 && creation.Ended[0] == first.Key,
                $"Under a full cap ({policy}) with a session of a newer format and one of this format another session ended than the "
                + "one of this format.");
            await MatchesAsync(run, newer, "A cap ended a session of a newer format.");
            await run.AbsentAsync(first, "A session that the cap ended is still read.");
            await run.AliveAsync(next, "The newest sign-in did not survive the cap.");
            first = next;
        }

        var third = await run.Store.CreateAsync(run.Record(run.Alice), new SessionCap(3, SessionCapPolicy.Refuse), run.Token);
        Require(
            third.Status == SessionCreationStatus.Created && third.Ended.Count == 0,
            "Besides a session of a newer format a sign-in with room under the cap was refused, or ended a session.");
    }

    private static async Task NewerFormatThatFillsTheCapIsAFault(CaseRun run)
    {
        SessionRecord[] newer = [await PlantNewerFormatAsync(run), await PlantNewerFormatAsync(run)];
        var known = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromMinutes(5));
        var next = run.Record(run.Alice);
        foreach (int max in new[] { 1, 2 })
        {
            foreach (var policy in new[] { SessionCapPolicy.EndLeastRecentlyUsed, SessionCapPolicy.EndOldest })
            {
                await RequireThrowsAsync<SessionStoreException>(
                    async () => await run.Store.CreateAsync(next, new SessionCap(max, policy), run.Token),
                    $"A sign-in under a cap of {max} ({policy}) that two sessions of a newer format fill alone throws no exception.");
            }

            await run.CreationIsAsync(
                SessionCreationStatus.CapReached,
                next,
                new SessionCap(max, SessionCapPolicy.Refuse),
                "A cap that refuses, filled by sessions of a newer format, is not CapReached.");
        }

        await run.AbsentAsync(next, "A session that the cap has no room for was stored.");
        await run.AliveAsync(known, "A sign-in that failed on the cap ended a session.");
        foreach (var one in newer)
        {
            await MatchesAsync(run, one, "A sign-in that failed on the cap ended a session of a newer format.");
        }
    }

    private static async Task ExpiredNewerFormatIsAbsent(CaseRun run)
    {
        var newer = await PlantNewerFormatAsync(run);
        run.Clock.Advance(newer.ExpiresAt - run.Now);
        await run.ListedAsync(run.Alice, "An expired session of a newer format is listed.");
        await run.CountedAsync(0, "An expired session of a newer format is counted.");
        var next = run.Record(run.Alice);
        await run.CreationIsAsync(
            SessionCreationStatus.Created,
            next,
            new SessionCap(1, SessionCapPolicy.Refuse),
            "An expired session of a newer format counts under the cap.");
        await run.ListedAsync(run.Alice, "Besides an expired session of a newer format the list is not the live one.", next);
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, next.Key, run.Token) == 0,
            "Ending an expired session of a newer format is counted.");
    }

    private static async Task NewerFormatThatLivesIsNotSwept(CaseRun run)
    {
        var sweeper = run.Store as IExpiredSessionStore ?? throw new StoreContractNotApplicableException(
            "The store is no IExpiredSessionStore: it has a time-to-live.");
        var lives = s_span + TimeSpan.FromDays(1);
        var newer = await PlantNewerFormatAsync(run, new SessionLifetimes(lives, lives, lives));
        run.Clock.Advance(s_span);
        Require(await sweeper.DeleteExpiredAsync(100, run.Token) == 0, "A cleanup destroyed a live session of a newer format.");
        await MatchesAsync(run, newer, "A cleanup destroyed a live session of a newer format.");
    }
}
