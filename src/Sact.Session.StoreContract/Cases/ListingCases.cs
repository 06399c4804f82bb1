using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class ListingCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Listing",
            ShowsSignedInAndPending,
            "A user's list has the signed-in and the pending sessions with all their properties, and no other user's."),
        new("Listing", UnknownUserHasNone, "The list of a user who has no session is empty, and stays empty after the last one ended."),
        new("Listing", DeadAreSkipped, "Among expired and ended sessions the list has exactly the live sessions."),
        new("Listing", ChangesKeepTheEntry, "No change removes a session from its user's list.", ["D12"]),
        new("Listing", CountIsOfAnyState, "The count includes live sessions of any state."),
        new("Listing", NotesAreNoSessions, "A note is kept, listed and ended like a session, and never counted as one."),
        new("Listing", ClearSparesNotesWithoutAUser, "The end of all sessions ends the notes of users, and spares a note without a user."),
    ];

    private static async Task ShowsSignedInAndPending(CaseRun run)
    {
        var signedIn = await run.SignInAsync(run.Alice, Fields(("a", "1.0")));
        var pending = await run.SignInAsync(run.Alice, Fields(("b", "null")), SessionState.Pending);
        var his = await run.SignInAsync(run.Bob);
        await run.SignInAsync(null);
        await run.ListedAsync(run.Alice, "A user's list is not the signed-in and the pending session.", signedIn, pending);
        await run.ListedAsync(run.Bob, "Another user's list is not the one session.", his);
        foreach (var session in await run.ListAsync(run.Alice))
        {
            RequireSame(session.Key == pending.Key ? pending : signedIn, session, "A listed session");
        }
    }

    private static async Task UnknownUserHasNone(CaseRun run)
    {
        await run.ListedAsync(run.Alice, "A user who never signed in is listed with sessions.");
        var session = await run.SignInAsync(run.Alice);
        await run.Store.DeleteAsync(session, run.Token);
        await run.ListedAsync(run.Alice, "A user whose last session ended is listed with sessions.");
    }

    private static async Task DeadAreSkipped(CaseRun run)
    {
        var brief = new SessionLifetimes(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        var ended = await run.SignInAsync(run.Alice);
        await run.SignInAsync(run.Alice, lifetimes: brief);
        var lives = await run.SignInAsync(run.Alice);
        var capped = await run.SignInAsync(run.Alice, lifetimes: brief);
        await run.Store.DeleteAsync(ended, run.Token);
        run.Clock.Advance(capped.ExpiresAt - run.Now);
        for (int i = 0; i < 3; i++)
        {
            await run.ListedAsync(run.Alice, "Among expired and ended sessions the list is not exactly the live sessions.", lives);
        }
    }

    private static async Task ChangesKeepTheEntry(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")), SessionState.Pending);
        var seen = session;
        foreach (var change in new Func<SessionRecord, SessionChange>[]
        {
            _ => new() { Set = Fields(("b", "1")), Remove = ["a"] },
            _ => new() { Touch = new SessionTouch(run.Now) },
            now => new() { Renewal = SessionRenewal.Propose(NewHash(), run.Now, now) },
            now => new() { Renewal = SessionRenewal.Promote(now.PendingHash!.Value, run.Now) },
            now => new() { Renewal = SessionRenewal.Replace(NewHash(), run.Now, now), Raise = new SessionRaise(1, run.Now, signsIn: true) },
        })
        {
            seen = await run.AppliedAsync(session, change(seen));
            await run.ListedAsync(run.Alice, "A change removed a session from its user's list.", session);
            RequireSame(seen, (await run.ListAsync(run.Alice)).Single(), "A listed session after a change");
        }
    }

    private static async Task CountIsOfAnyState(CaseRun run)
    {
        if (!run.Subject.CountsExactly)
        {
            throw new StoreContractNotApplicableException("The store's count is approximate (CountsExactly).");
        }

        await run.SignInAsync(run.Alice);
        await run.SignInAsync(run.Alice, state: SessionState.Pending);
        var visitor = await run.SignInAsync(null);
        await run.CountedAsync(3, "The count is not that of the live sessions of any state.");
        await run.Store.DeleteAsync(visitor, run.Token);
        await run.CountedAsync(2, "The count is not that of the live sessions of any state.");
    }

    private static async Task NotesAreNoSessions(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var alias = await run.SignInAsync(run.Bob, Fields(("$session", "\"a\"")), SessionState.Note, presented: true);
        var note = await run.SignInAsync(null, Fields(("$at", "1")), SessionState.Note, presented: true);
        await run.MatchesAsync(note, "A note without a user id");
        RequireSame(alias, (await run.ListAsync(run.Bob)).Single(), "A listed note");
        await run.CreationIsAsync(
            SessionCreationStatus.Exists, run.Record(null, SessionState.Note, key: note.Key), null, "A note replaced another live note.");
        await run.CountedAsync(1, "The count includes notes.");
        Require(await run.Store.DeleteAsync(alias, run.Token), "The end of a note was answered false.");
        await run.AbsentAsync(alias, "A note that was ended is still there.");
        long ended = await run.Store.ClearAsync(run.Token);
        Require(ended == 1 || !run.Subject.CountsExactly, $"ClearAsync answered {ended} for one session and a note.");
        await run.AbsentAsync(session, "ClearAsync left a session.");
    }

    private static async Task ClearSparesNotesWithoutAUser(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var alias = await run.SignInAsync(run.Bob, Fields(("$session", "\"a\"")), SessionState.Note, presented: true);
        var note = await run.SignInAsync(null, Fields(("$at", "1")), SessionState.Note, presented: true);
        for (int i = 0; i < 2; i++)
        {
            await run.Store.ClearAsync(run.Token);
            await run.AbsentAsync(session, "ClearAsync left a session.");
            await run.AbsentAsync(alias, "ClearAsync left the note of a user.");
            await run.MatchesAsync(note, "A note without a user id, after ClearAsync,");
        }

        Require(await run.Store.DeleteAsync(note, run.Token), "The end of a note that ClearAsync spared was answered false.");
        await run.AbsentAsync(note, "A note that was ended is still there.");
    }
}
