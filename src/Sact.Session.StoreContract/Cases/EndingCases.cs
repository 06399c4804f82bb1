using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class EndingCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Ending", EndsOneSession, "DeleteAsync ends the session it is given and no other: record, list entry and count.", ["D1"]),
        new("Ending", IsIdempotent, "Ending a session a second time answers false and is no error."),
        new("Ending", NeverStoredIsFalse, "Ending a session that never existed answers false and is no error."),
        new("Ending", OtherLineageEndsNothing, "A record of another lineage ends nothing.", ["C8", "C12"]),
        new(
            "Ending",
            WorksThroughAStaleRecord,
            "A record that was read long ago ends the session, whatever has changed since.",
            ["D2", "D3"]),
        new("Ending", SignsOutOnTheOtherHandle, "No read begun after the end was acknowledged returns the session, on any handle.", ["D1"]),
        new(
            "Ending",
            LeavesNothingStored,
            "An ended session leaves nothing under its key but a marker, which a cleanup destroys after ten minutes.",
            startsBefore: EndedMarker.Lifetime),
        new("Ending", OfParallelEndsOneIsTrue, "Of parallel ends of one session exactly one answers true."),
    ];

    private static async Task EndsOneSession(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var stays = await run.SignInAsync(run.Alice);
        var visitor = await run.SignInAsync(null);
        Require(await run.Store.DeleteAsync(session, run.Token), "Ending a live session answered false.");
        await run.AbsentAsync(session, "An ended session is still read.");
        await run.ListedAsync(run.Alice, "An ended session is still listed, or another session ended with it.", stays);
        await run.CountedAsync(2, "An ended session is still counted, or another session ended with it.");
        Require(await run.Store.DeleteAsync(visitor, run.Token), "Ending a live anonymous session answered false.");
        await run.AbsentAsync(visitor, "An ended anonymous session is still read.");
        await run.CountedAsync(1, "An ended anonymous session is still counted.");
    }

    private static async Task IsIdempotent(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        Require(await run.Store.DeleteAsync(session, run.Token), "Ending a live session answered false.");
        Require(!await run.Store.DeleteAsync(session, run.Token), "Ending an ended session answered true.");
    }

    private static async Task NeverStoredIsFalse(CaseRun run)
    {
        Require(!await run.Store.DeleteAsync(run.Record(run.Alice), run.Token), "Ending a session that never existed answered true.");
        Require(!await run.Store.DeleteAsync(run.Record(null), run.Token), "Ending an anonymous session that never existed answered true.");
    }

    private static async Task OtherLineageEndsNothing(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        Require(
            !await run.Store.DeleteAsync(run.Record(run.Alice, key: session.Key), run.Token),
            "A record of another lineage ended a session, or answered true.");
        await run.MatchesAsync(session, "A session after an end through a record of another lineage");
        await run.ListedAsync(run.Alice, "A record of another lineage removed a session from its user's list.", session);
    }

    private static async Task WorksThroughAStaleRecord(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, state: SessionState.Pending);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        await run.AppliedAsync(session, new SessionChange
        {
            Set = Fields(("a", "1")),
            Touch = new SessionTouch(run.Now),
            Renewal = SessionRenewal.Replace(NewHash(), run.Now, session),
            Raise = new SessionRaise(1, run.Now, signsIn: true),
        });
        Require(await run.Store.DeleteAsync(session, run.Token), "A record read before a change did not end the session.");
        await run.AbsentAsync(session, "A session ended through a record read before a change is still read.");
        await run.ListedAsync(run.Alice, "A session ended through a record read before a change is still listed.");
    }

    private static async Task SignsOutOnTheOtherHandle(CaseRun run)
    {
        RequireShared(run);
        var session = await run.SignInAsync(run.Alice);
        RequireSame(session, await run.Other.GetAsync(session.Key, run.Token), "A session as another handle reads it");
        Require(await run.Other.DeleteAsync(session, run.Token), "Another handle could not end a session.");
        await run.AbsentAsync(session, "A session that another handle ended is still read.");
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone,
            session,
            new SessionChange { Set = Fields(("a", "1")) },
            "A change to a session that another handle ended");
        await run.ListedAsync(run.Alice, "A session that another handle ended is still listed.");
        var next = await run.SignInAsync(run.Alice);
        Require((await run.ListAsync(run.Alice, run.Other)).Single().Key == next.Key, "Another handle does not list a session.");
        Require(
            await run.Other.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 1, "Another handle did not end a user's sessions.");
        await run.AbsentAsync(next, "A session is still read after another handle ended its user's sessions.");
    }

    private static async Task LeavesNothingStored(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        bool? stored = await run.Subject.ExistsPhysicallyAsync(session.Key, run.Token);
        if (stored is null)
        {
            throw new StoreContractNotApplicableException("The subject cannot look into the storage (ExistsPhysicallyAsync).");
        }

        Require(stored.Value, "Nothing is stored under the key of a live session: ExistsPhysicallyAsync looks in another place.");
        await run.Store.DeleteAsync(session, run.Token);
        if (run.Store is IEndedSessionStore)
        {
            var sweeper = run.Store as IExpiredSessionStore ?? throw new StoreContractNotApplicableException(
                "The store is no IExpiredSessionStore: its own time-to-live destroys the marker.");
            run.Clock.Advance(EndedMarker.Lifetime);
            await sweeper.DeleteExpiredAsync(100, run.Token);
        }

        Require(await run.Subject.ExistsPhysicallyAsync(session.Key, run.Token) == false, "An ended session is still stored.");
    }

    private static async Task OfParallelEndsOneIsTrue(CaseRun run)
    {
        for (int round = 0; round < 16; round++)
        {
            var session = await run.SignInAsync(run.Alice);
            int ended = 0;
            await TogetherAsync(8, async i =>
            {
                if (await run.Handle(i).DeleteAsync(session, run.Token))
                {
                    Interlocked.Increment(ref ended);
                }
            });
            Require(ended == 1, $"Of parallel ends of one session {ended} answered true.");
        }
    }

    internal static void RequireShared(CaseRun run)
    {
        if (!run.Subject.SharesData)
        {
            throw new StoreContractNotApplicableException("Two stores of the subject do not share data.");
        }
    }
}
