using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class MarkerCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Marker", LiveSessionIsFound, "FindAsync answers a live session with its record and without a marker."),
        new("Marker", SaysWhyAndWhen, "An ended session leaves a marker with the reason, the time and the lineage.", ["K14"]),
        new("Marker", IsNoSession, "A marker is absent for reads, changes, ends, lists and counts.", ["D1"]),
        new("Marker", FirstEndWins, "A later end changes nothing about the marker."),
        new("Marker", LateRetryOfACreationRevivesNothing, "A retry of a creation after the end writes nothing.", ["D1"]),
        new("Marker", EndOfAUserLeavesOneEach, "Ending a user's sessions leaves a marker for each, and none for the one that is kept."),
        new("Marker", CapLeavesOne, "A session that the cap ends leaves a marker that says so."),
        new("Marker", CapCountsNone, "A marker takes no room under the cap."),
        new("Marker", OtherLineageLeavesNone, "A record of another lineage leaves no marker.", ["C8"]),
        new("Marker", IsGoneAfterItsLifetime, "A marker is invisible ten minutes after the end."),
        new("Marker", ExpiredSessionIsNamed, "An expired session that is still stored is found as expired."),
        new("Marker", EndedThroughAStaleRecord, "A session that was renewed meanwhile leaves its marker as well.", ["D3"]),
        new("Marker", OtherHandleSeesIt, "Another handle finds the marker as soon as the end was acknowledged."),
        new("Marker", OfParallelEndsOneReasonStays, "Of parallel ends the one that answered true has its reason kept."),
    ];

    private static IEndedSessionStore Ended(IGenericStore store) => store as IEndedSessionStore
        ?? throw new StoreContractNotApplicableException("The store is no IEndedSessionStore: it leaves no markers.");

    private static async Task<EndedMarker> MarkedAsync(
        CaseRun run, SessionRecord session, SessionEndReason reason, string what, IGenericStore? store = null)
    {
        var found = await Ended(store ?? run.Store).FindAsync(session.Key, run.Token);
        Require(found.Record is null, $"{what} is still found.");
        Require(found.Ended is not null, $"{what} left no marker.");
        Require(found.Ended!.Reason == reason, $"{what} left a marker with the reason {found.Ended.Reason} instead of {reason}.");
        Require(
            found.Ended.Key == session.Key && found.Ended.LineageHash == session.LineageHash,
            $"{what} left a marker of another session.");
        return found.Ended;
    }

    private static async Task LiveSessionIsFound(CaseRun run)
    {
        var store = Ended(run.Store);
        var session = await run.SignInAsync(run.Alice);
        var found = await store.FindAsync(session.Key, run.Token);
        RequireSame(session, found.Record, "A live session that FindAsync reads");
        Require(found.Ended is null, "FindAsync answers a live session with a marker.");
        var nothing = await store.FindAsync(run.NewKey(run.Alice), run.Token);
        Require(nothing.Record is null && nothing.Ended is null, "FindAsync found something under a key that nobody used.");
        await RequireThrowsAsync<ArgumentException>(
            async () => await store.FindAsync(default, run.Token), "FindAsync takes a default key.");
    }

    private static async Task SaysWhyAndWhen(CaseRun run)
    {
        foreach (var reason in Enum.GetValues<SessionEndReason>().Where(reason => reason != SessionEndReason.Expired))
        {
            foreach (string? user in (string?[])[run.Alice, null])
            {
                var session = await run.SignInAsync(user);
                run.Clock.Advance(TimeSpan.FromMilliseconds(1));
                Require(await Ended(run.Store).EndAsync(session, reason, run.Token), "Ending a live session answered false.");
                var marker = await MarkedAsync(run, session, reason, "An ended session");
                Require(
                    marker.EndedAt == DateTimeOffset.FromUnixTimeMilliseconds(run.Now.ToUnixTimeMilliseconds()),
                    "A marker has another time than that of the end.");
                Require(marker.LivesOn == (reason == SessionEndReason.Replaced), "LivesOn is true for a replaced session only.");
            }
        }

        var deleted = await run.SignInAsync(run.Alice);
        Require(await run.Store.DeleteAsync(deleted, run.Token), "Ending a live session answered false.");
        await MarkedAsync(run, deleted, SessionEndReason.SignedOut, "A session that DeleteAsync ended");
    }

    private static async Task IsNoSession(CaseRun run)
    {
        var session = await EndAsync(run, run.Alice, SessionEndReason.Administrator);
        await run.AbsentAsync(session, "A marker is read as a session.");
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone, session, new SessionChange { Set = Fields(("a", "1")) }, "A change to a session that has a marker");
        await run.ListedAsync(run.Alice, "A marker is listed.");
        await run.CountedAsync(0, "A marker is counted.");
        Require(!await run.Store.DeleteAsync(session, run.Token), "Ending a session that has a marker answered true.");
        Require(await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 0, "A marker was ended with its user's sessions.");
        Require(await run.Store.ClearAsync(run.Token) == 0, "A marker was counted among the sessions that ClearAsync ended.");
    }

    private static async Task FirstEndWins(CaseRun run)
    {
        var session = await EndAsync(run, run.Alice, SessionEndReason.CredentialsChanged);
        var first = await MarkedAsync(run, session, SessionEndReason.CredentialsChanged, "An ended session");
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        Require(
            !await Ended(run.Store).EndAsync(session, SessionEndReason.SignedOut, run.Token), "Ending an ended session answered true.");
        Require(
            await Ended(run.Store).EndActiveSessionsAsync(run.Alice, null, SessionEndReason.Administrator, run.Token) == 0,
            "An ended session was ended once more with its user's.");
        var second = await MarkedAsync(run, session, SessionEndReason.CredentialsChanged, "A session that was ended twice");
        Require(first.EndedAt == second.EndedAt, "A second end moved the time of the first one.");
    }

    private static async Task LateRetryOfACreationRevivesNothing(CaseRun run)
    {
        foreach (string? user in (string?[])[run.Alice, null])
        {
            var session = await EndAsync(run, user, SessionEndReason.SignedOut);
            await run.CreationIsAsync(
                SessionCreationStatus.Exists, session, null, "A retry of a creation was not answered Exists after the session had ended.");
            await run.CreationIsAsync(
                SessionCreationStatus.Exists,
                session,
                new SessionCap(3),
                "A retry of a creation under a cap was not answered Exists after the session had ended.");
            await run.AbsentAsync(session, "A retry of a creation revived a session that had ended.");
            await MarkedAsync(run, session, SessionEndReason.SignedOut, "A session whose creation was tried again");
        }
    }

    private static async Task EndOfAUserLeavesOneEach(CaseRun run)
    {
        var kept = await run.SignInAsync(run.Alice);
        var pending = await run.SignInAsync(run.Alice, state: SessionState.Pending);
        var other = await run.SignInAsync(run.Alice);
        var bob = await run.SignInAsync(run.Bob);
        Require(
            await Ended(run.Store).EndActiveSessionsAsync(run.Alice, kept.Key, SessionEndReason.IdentityProvider, run.Token) == 2,
            "EndActiveSessionsAsync answered another number than that of the sessions it ended.");
        await MarkedAsync(run, pending, SessionEndReason.IdentityProvider, "A pending session that ended with its user's");
        await MarkedAsync(run, other, SessionEndReason.IdentityProvider, "A session that ended with its user's");
        await run.AliveAsync(kept, "EndActiveSessionsAsync ended the session that it had to keep.");
        await run.AliveAsync(bob, "EndActiveSessionsAsync ended another user's session.");
        Require(await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 1, "A user's last session did not end.");
        await MarkedAsync(run, kept, SessionEndReason.SignedOutElsewhere, "A session that DeleteActiveSessionsAsync ended");
    }

    private static async Task CapLeavesOne(CaseRun run)
    {
        var first = await run.SignInAsync(run.Alice);
        run.Clock.Advance(TimeSpan.FromMinutes(2));
        var second = await run.SignInAsync(run.Alice);
        run.Clock.Advance(TimeSpan.FromMinutes(2));
        var third = run.Record(run.Alice);
        var created = await run.Store.CreateAsync(third, new SessionCap(1), run.Token);
        Require(created.Status == SessionCreationStatus.Created && created.Ended.Count == 2, "A cap of one did not end two sessions.");
        await MarkedAsync(run, first, SessionEndReason.OverLimit, "A session that the cap ended");
        await MarkedAsync(run, second, SessionEndReason.OverLimit, "A session that the cap ended");
        await run.AliveAsync(third, "A session was not created under a cap.");
    }

    private static async Task CapCountsNone(CaseRun run)
    {
        await EndAsync(run, run.Alice, SessionEndReason.SignedOut);
        await EndAsync(run, run.Alice, SessionEndReason.SignedOut);
        var first = await run.SignInAsync(run.Alice);
        var created = await run.Store.CreateAsync(run.Record(run.Alice), new SessionCap(2, SessionCapPolicy.Refuse), run.Token);
        Require(created.Status == SessionCreationStatus.Created, "Markers take room under the cap.");
        await run.AliveAsync(first, "Markers take room under the cap, and a session ended for it.");
    }

    private static async Task OtherLineageLeavesNone(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var invented = run.Record(run.Alice, key: session.Key);
        Require(
            !await Ended(run.Store).EndAsync(invented, SessionEndReason.Administrator, run.Token),
            "A record of another lineage ended a session.");
        await run.MatchesAsync(session, "A session after an end through a record of another lineage");
        var never = run.Record(run.Alice);
        await Ended(run.Store).EndAsync(never, SessionEndReason.Administrator, run.Token);
        var found = await Ended(run.Store).FindAsync(never.Key, run.Token);
        Require(found.Ended is null, "The end of a session that never existed left a marker.");
    }

    private static async Task IsGoneAfterItsLifetime(CaseRun run)
    {
        var session = await EndAsync(run, run.Alice, SessionEndReason.SignedOut);
        run.Clock.Advance(EndedMarker.Lifetime - TimeSpan.FromMilliseconds(1));
        await MarkedAsync(run, session, SessionEndReason.SignedOut, "A session that ended nearly ten minutes ago");
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var found = await Ended(run.Store).FindAsync(session.Key, run.Token);
        Require(found.Record is null && found.Ended is null, "A marker is visible for longer than its lifetime.");
    }

    private static async Task ExpiredSessionIsNamed(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(session.ExpiresAt - run.Now);
        var marker = await MarkedAsync(run, session, SessionEndReason.Expired, "An expired session");
        Require(marker.EndedAt == session.ExpiresAt, "The time at which a session expired is not its deadline.");
    }

    private static async Task EndedThroughAStaleRecord(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        await run.AppliedAsync(session, new SessionChange { Renewal = SessionRenewal.Replace(NewHash(), run.Now, session) });
        Require(
            await Ended(run.Store).EndAsync(session, SessionEndReason.Replayed, run.Token),
            "A record read before a change did not end the session.");
        await MarkedAsync(run, session, SessionEndReason.Replayed, "A session that was ended through an old record");
    }

    private static async Task OtherHandleSeesIt(CaseRun run)
    {
        EndingCases.RequireShared(run);
        var session = await EndAsync(run, run.Alice, SessionEndReason.UserDeleted);
        await MarkedAsync(run, session, SessionEndReason.UserDeleted, "A session that another handle ended", run.Other);
    }

    private static async Task OfParallelEndsOneReasonStays(CaseRun run)
    {
        SessionEndReason[] reasons =
            [SessionEndReason.SignedOut, SessionEndReason.Replaced, SessionEndReason.Administrator, SessionEndReason.UserLockedOut];
        for (int round = 0; round < 16; round++)
        {
            var session = await run.SignInAsync(run.Alice);
            var won = default(SessionEndReason);
            await TogetherAsync(reasons.Length, async i =>
            {
                if (await Ended(run.Handle(i)).EndAsync(session, reasons[i], run.Token))
                {
                    won = reasons[i];
                }
            });
            await MarkedAsync(run, session, won, "A session that several callers ended at once");
        }
    }

    private static async Task<SessionRecord> EndAsync(CaseRun run, string? user, SessionEndReason reason)
    {
        var session = await run.SignInAsync(user);
        Require(await Ended(run.Store).EndAsync(session, reason, run.Token), "Ending a live session answered false.");
        return session;
    }
}
