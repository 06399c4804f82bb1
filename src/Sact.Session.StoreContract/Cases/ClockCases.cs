using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class ClockCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Clock",
            SetRightRevivesWhatOnlyExpired,
            "A clock that jumps forwards and is corrected destroys nothing: whatever was called meanwhile, the sessions are live again.",
            ["G2"]),
        new(
            "Clock",
            CapUnderAWrongClockDestroysNothing,
            "Sign-ins under a cap by a clock that is ahead destroy no session that only looks expired.",
            ["G2"]),
        new(
            "Clock",
            NothingIsDestroyedWithinTheMargin,
            "Within the margin after its deadline an expired session is not destroyed, and is live again when the clock is set back.",
            ["G2", "G3"]),
        new(
            "Clock",
            SetBackRevivesNoEnd,
            "An explicit end removes an expired session too: a clock that is set back revives no session that was ended.",
            ["G7"]),
        new("Clock", SetBackRevivesNoCapped, "A clock set back revives no session that the cap ended.", ["G7"]),
        new(
            "Clock",
            HandlesMayDisagree,
            "Two handles whose clocks differ disagree about a deadline by that difference, and neither destroys what is live for the "
            + "other.",
            ["G3"]),
    ];

    private static async Task SetRightRevivesWhatOnlyExpired(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1.0")));
        var pending = await run.SignInAsync(run.Alice, state: SessionState.Pending);
        var visitor = await run.SignInAsync(null);
        foreach (var jump in new[] { TimeSpan.FromDays(3), TimeSpan.FromDays(800) })
        {
            run.Clock.Jump(jump);
            for (int round = 0; round < 3; round++)
            {
                await run.AbsentAsync(session, "A clock that is days ahead does not find a session expired.");
                await run.AbsentAsync(visitor, "A clock that is days ahead does not find an anonymous session expired.");
                await run.AnsweredAsync(
                    SessionUpdateStatus.Gone,
                    session,
                    new SessionChange { Touch = new SessionTouch(run.Now) },
                    "A touch by a clock that is days ahead");
                await run.AnsweredAsync(
                    SessionUpdateStatus.Gone,
                    pending,
                    new SessionChange { Set = Fields(("a", "1")) },
                    "A change by a clock that is days ahead");
                await run.ListedAsync(run.Alice, "A clock that is days ahead lists expired sessions.");
                await run.CountedAsync(0, "A clock that is days ahead counts expired sessions.");
                if (run.Store is IExpiredSessionStore sweeper)
                {
                    await sweeper.DeleteExpiredAsync(100, run.Token);
                }
            }

            run.Clock.Jump(-jump);
            await run.MatchesAsync(session, "A session after the clock was corrected");
            await run.MatchesAsync(pending, "A pending session after the clock was corrected");
            await run.MatchesAsync(visitor, "An anonymous session after the clock was corrected");
            await run.ListedAsync(run.Alice, "After the clock was corrected the list is not complete.", session, pending);
            await run.CountedAsync(3, "After the clock was corrected the count is not complete.");
        }
    }

    private static async Task CapUnderAWrongClockDestroysNothing(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        run.Clock.Jump(TimeSpan.FromDays(3));
        var later = await run.CreateAsync(run.Record(run.Alice), new SessionCap(1));
        for (int i = 0; i < 20; i++)
        {
            await run.SignInAsync(null);
        }

        await run.ListedAsync(run.Alice, "A clock that is days ahead lists an expired session.", later);
        run.Clock.Jump(TimeSpan.FromDays(-3));
        await run.MatchesAsync(session, "A session after a sign-in by a clock that was ahead, and was corrected,,");
        await run.ListedAsync(run.Alice, "After a sign-in by a clock that was ahead the list is not complete.", session, later);
    }

    private static async Task NothingIsDestroyedWithinTheMargin(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var visitor = await run.SignInAsync(null);
        var back = SessionRecord.SkewMargin - TimeSpan.FromMilliseconds(1);
        run.Clock.Advance(session.ExpiresAt - run.Now + back);
        await run.AbsentAsync(session, "An expired session is read.");
        var other = await run.CreateAsync(run.Record(run.Alice), new SessionCap(1));
        if (run.Store is IExpiredSessionStore sweeper)
        {
            await sweeper.DeleteExpiredAsync(100, run.Token);
        }

        run.Clock.Jump(-back - TimeSpan.FromMilliseconds(1));
        await run.MatchesAsync(session, "A session whose deadline is in the future again after a correction by less than the margin,");
        await run.MatchesAsync(
            visitor, "An anonymous session whose deadline is in the future again after a correction by less than the margin,");
        await run.ListedAsync(run.Alice, "A session that is live again is not listed.", session, other);
    }

    private static async Task SetBackRevivesNoEnd(CaseRun run)
    {
        var one = await run.SignInAsync(run.Alice);
        var hers = await run.SignInAsync(run.Alice, state: SessionState.Pending);
        SessionRecord[] rest = [await run.SignInAsync(run.Bob), await run.SignInAsync(null)];
        run.Clock.Advance(one.ExpiresAt - run.Now);
        await run.Store.DeleteAsync(one, run.Token);
        await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
        run.Clock.Jump(TimeSpan.FromMinutes(-5));
        await run.AbsentAsync(one, "A clock set back revived a session that DeleteAsync ended after it had expired.");
        await run.AbsentAsync(hers, "A clock set back revived a session that DeleteActiveSessionsAsync ended after it had expired.");
        await run.ListedAsync(run.Alice, "A clock set back lists sessions that were ended after they had expired.");
        await run.MatchesAsync(rest[0], "Another user's session");
        run.Clock.Jump(TimeSpan.FromMinutes(5));
        await run.Store.ClearAsync(run.Token);
        run.Clock.Jump(TimeSpan.FromMinutes(-5));
        foreach (var session in rest)
        {
            await run.AbsentAsync(session, "A clock set back revived a session that ClearAsync ended after it had expired.");
        }

        await run.CountedAsync(0, "A clock set back counts sessions that were ended after they had expired.");
    }

    private static async Task SetBackRevivesNoCapped(CaseRun run)
    {
        var first = await run.SignInAsync(run.Alice);
        run.Clock.Advance(TimeSpan.FromMinutes(5));
        var second = await run.CreateAsync(run.Record(run.Alice), new SessionCap(1));
        run.Clock.Jump(TimeSpan.FromMinutes(-5));
        await run.AbsentAsync(first, "A clock set back revived a session that the cap ended.");
        await run.AliveAsync(second, "A clock set back ended a session.");
    }

    private static async Task HandlesMayDisagree(CaseRun run)
    {
        EndingCases.RequireShared(run);
        var aheadBy = TimeSpan.FromMinutes(5);
        var clock = new StoreContractClock(run.Now + aheadBy);
        var ahead = await run.Subject.OpenAsync(clock, run.Prefix, run.Token);
        var session = await run.SignInAsync(run.Alice, presented: true);
        var toDeadline = session.ExpiresAt - run.Now - aheadBy;
        run.Clock.Advance(toDeadline - TimeSpan.FromMilliseconds(1));
        clock.Advance(toDeadline - TimeSpan.FromMilliseconds(1));
        RequireSame(
            session, await ahead.GetAsync(session.Key, run.Token), "A session one millisecond before the deadline of the clock ahead");
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Require(
            await ahead.GetAsync(session.Key, run.Token) is null,
            "Exactly at the deadline by the clock ahead its handle still reads the session.");
        var late = await ahead.UpdateAsync(session, new SessionChange { Set = Fields(("a", "1")) }, run.Token);
        Require(late.Status == SessionUpdateStatus.Gone, "Past the deadline by the clock ahead its handle changes the session.");
        if (ahead is IExpiredSessionStore sweeper)
        {
            await sweeper.DeleteExpiredAsync(100, run.Token);
        }

        await run.MatchesAsync(session, "A session that has expired only for another node's clock");
        await run.AppliedAsync(
            session,
            new SessionChange { Touch = new SessionTouch(run.Now) },
            "A touch of a session that has expired only for another node's clock");
        Require(
            await ahead.GetAsync(session.Key, run.Token) is not null,
            "A session that was touched is not read by the handle for which it had expired.");
    }
}
