using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class ExpiryCases
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Expiry",
            ExactlyAtTheIdleDeadline,
            "One millisecond before its idle deadline a session is live; exactly at it, it is expired, in every method.",
            ["G1", "G4"]),
        new(
            "Expiry",
            ExactlyAtTheFirstUseDeadline,
            "A session never presented expires exactly at its first-use deadline, in every method.",
            ["D13", "G1", "G4"]),
        new(
            "Expiry",
            ExactlyAtTheAbsoluteDeadline,
            "Exactly at its absolute deadline a session is expired, in every method.",
            ["G1", "G4", "G5"]),
        new(
            "Expiry",
            ShorterIdleTimeoutWins,
            "A session never presented expires at its idle deadline if that comes before the first-use one."),
        new("Expiry", IsAbsentToReads, "An expired session is neither read nor listed nor counted, of any state.", ["G4"]),
        new("Expiry", IsAbsentToEnds, "Ending an expired session answers false, and ending many counts none that has expired.", ["G4"]),
        new("Expiry", OwnLimitsHold, "Each session expires by its own lifetimes, and not by another session's."),
    ];

    private static Task ExactlyAtTheIdleDeadline(CaseRun run) =>
        ExactlyAsync(
            run,
            presented: true,
            new SessionLifetimes(TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(5), TimeSpan.FromHours(8)),
            TimeSpan.FromMinutes(20));

    private static Task ExactlyAtTheFirstUseDeadline(CaseRun run) =>
        ExactlyAsync(
            run,
            presented: false,
            new SessionLifetimes(TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(5), TimeSpan.FromHours(8)),
            TimeSpan.FromMinutes(5));

    private static Task ExactlyAtTheAbsoluteDeadline(CaseRun run) =>
        ExactlyAsync(
            run,
            presented: true,
            new SessionLifetimes(TimeSpan.FromHours(8), TimeSpan.FromHours(8), TimeSpan.FromMinutes(20)),
            TimeSpan.FromMinutes(20));

    private static Task ShorterIdleTimeoutWins(CaseRun run) =>
        ExactlyAsync(
            run,
            presented: false,
            new SessionLifetimes(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(20), TimeSpan.FromHours(8)),
            TimeSpan.FromMinutes(5));

    private static async Task ExactlyAsync(CaseRun run, bool presented, SessionLifetimes lifetimes, TimeSpan life)
    {
        var session = await run.SignInAsync(run.Alice, presented: presented, lifetimes: lifetimes);
        var visitor = await run.SignInAsync(null, presented: presented, lifetimes: lifetimes);
        run.Clock.Advance(life - s_tick);
        await run.AliveAsync(session, "One millisecond before its deadline a session is not read.");
        await run.AliveAsync(visitor, "One millisecond before its deadline an anonymous session is not read.");
        await run.ListedAsync(run.Alice, "One millisecond before its deadline a session is not listed.", session);
        await run.CountedAsync(2, "One millisecond before their deadline two sessions are not counted.");
        await run.AnsweredAsync(
            SessionUpdateStatus.Applied,
            session,
            new SessionChange { Set = Fields(("a", "1")) },
            "A change one millisecond before the deadline");
        await run.CreationIsAsync(
            SessionCreationStatus.CapReached,
            run.Record(run.Alice),
            new SessionCap(1, SessionCapPolicy.Refuse),
            "One millisecond before its deadline a session does not count under the cap.");

        run.Clock.Advance(s_tick);
        await run.AbsentAsync(session, "Exactly at its deadline a session is still read.");
        await run.AbsentAsync(visitor, "Exactly at its deadline an anonymous session is still read.");
        await run.ListedAsync(run.Alice, "Exactly at its deadline a session is still listed.");
        await run.CountedAsync(0, "Exactly at their deadline sessions are still counted.");
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone, session, new SessionChange { Set = Fields(("a", "1")) }, "A change exactly at the deadline");
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone, session, new SessionChange { Touch = new SessionTouch(run.Now) }, "A touch exactly at the deadline");
        Require(!await run.Store.DeleteAsync(visitor, run.Token), "Ending a session exactly at its deadline answered true.");
        await run.CreationIsAsync(
            SessionCreationStatus.Created,
            run.Record(run.Alice),
            new SessionCap(1, SessionCapPolicy.Refuse),
            "Exactly at its deadline a session still counts under the cap.");
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 1,
            "Ending a user's sessions counted one that is exactly at its deadline, or missed the live one.");
    }

    private static async Task IsAbsentToReads(CaseRun run)
    {
        SessionRecord[] dead =
        [
            await run.SignInAsync(run.Alice), await run.SignInAsync(run.Alice, state: SessionState.Pending), await run.SignInAsync(null),
        ];
        run.Clock.Advance(TimeSpan.FromDays(2));
        foreach (var session in dead)
        {
            await run.AbsentAsync(session, $"An expired {session.State} session is read.");
            await run.AbsentAsync(session, $"An expired {session.State} session is read by a second call.");
        }

        await run.ListedAsync(run.Alice, "Expired sessions are listed.");
        await run.CountedAsync(0, "Expired sessions are counted.");
        var live = await run.SignInAsync(run.Alice);
        await run.ListedAsync(run.Alice, "Besides expired sessions the list is not the live one.", live);
        await run.CountedAsync(1, "Besides expired sessions the count is not that of the live ones.");
    }

    private static async Task IsAbsentToEnds(CaseRun run)
    {
        var dead = await run.SignInAsync(run.Alice);
        await run.SignInAsync(run.Alice);
        await run.SignInAsync(run.Bob);
        run.Clock.Advance(TimeSpan.FromDays(2));
        Require(!await run.Store.DeleteAsync(dead, run.Token), "Ending an expired session answered true.");
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 0, "Ending a user's sessions counted an expired one.");
        Require(await run.Store.ClearAsync(run.Token) == 0, "Ending all sessions counted an expired one.");
    }

    private static async Task OwnLimitsHold(CaseRun run)
    {
        var brief = await run.SignInAsync(
            run.Alice,
            presented: true,
            lifetimes: new SessionLifetimes(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)));
        var lasting = await run.SignInAsync(
            run.Alice,
            presented: true,
            lifetimes: new SessionLifetimes(SessionLifetimes.Maximum, SessionLifetimes.Maximum, SessionLifetimes.Maximum));
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        await run.AbsentAsync(brief, "A session with short lifetimes is still live after them.");
        await run.ListedAsync(run.Alice, "After the short session expired, the list is not the long one.", lasting);
        run.Clock.Advance(SessionLifetimes.Maximum - TimeSpan.FromMinutes(1) - s_tick);
        await run.AliveAsync(lasting, "A session of 400 days ended too early.");
        run.Clock.Advance(s_tick);
        await run.AbsentAsync(lasting, "A session of 400 days is still live after them.");
    }
}
