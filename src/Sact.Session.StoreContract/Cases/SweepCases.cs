using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class SweepCases
{
    // The cases take this long and clean up at the end, when their clock has reached the server's.
    private static readonly TimeSpan s_span = TimeSpan.FromDays(10);
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Sweep",
            DestroysWhatIsPastTheMargin,
            "A cleanup destroys what has been expired for the margin, to the millisecond.",
            startsBefore: s_span + s_tick),
        new("Sweep", SparesTheMargin, "A cleanup destroys nothing whose deadline passed less than the margin ago.", ["G2"], s_span),
        new(
            "Sweep",
            SparesTheLiving,
            "A cleanup destroys no live session, not even one that was touched just before its deadline.",
            ["D9"],
            s_span),
        new(
            "Sweep",
            KeepsToItsBatch,
            "A cleanup destroys at most its batch, and repeated cleanups destroy everything.",
            startsBefore: s_span),
        new("Sweep", BelievesNoJumpingClock, "A cleanup destroys nothing while the clock has jumped by more than the margin.", ["G2"]),
        new("Sweep", BatchIsAtLeastOne, "A batch below 1 is an ArgumentOutOfRangeException.", startsBefore: s_span),
        new(
            "Sweep",
            LeavesWhatCannotBeRead,
            "A cleanup destroys no record that cannot be read before the deadline of the session that was there.",
            ["H2"],
            s_span),
        new("Sweep", NeverTakesWhatIsTouched, "Sessions touched while cleanups run are not destroyed.", ["D9"], s_span),
    ];

    private static IExpiredSessionStore Sweeper(CaseRun run) =>
        run.Store as IExpiredSessionStore ?? throw new StoreContractNotApplicableException(
            "The store is no IExpiredSessionStore: it has a time-to-live.");

    private static async Task<long> SweepAllAsync(CaseRun run)
    {
        long destroyed = 0;
        for (int i = 0; i < 50; i++)
        {
            destroyed += await Sweeper(run).DeleteExpiredAsync(100, run.Token);
        }

        return destroyed;
    }

    private static SessionLifetimes EndingBefore(TimeSpan beforeTheEnd) =>
        new(s_span - beforeTheEnd, s_span - beforeTheEnd, s_span - beforeTheEnd);

    private static async Task DestroysWhatIsPastTheMargin(CaseRun run)
    {
        var sweeper = Sweeper(run);
        run.Clock.Advance(s_tick);
        var lifetimes = EndingBefore(SessionRecord.SkewMargin);
        SessionRecord[] dead =
        [
            await run.SignInAsync(run.Alice, lifetimes: lifetimes, presented: true),
            await run.SignInAsync(run.Alice, SessionFields.Empty, SessionState.Pending, lifetimes: lifetimes),
            await run.SignInAsync(null, lifetimes: lifetimes),
        ];
        var live = await run.SignInAsync(run.Alice, lifetimes: EndingBefore(-TimeSpan.FromDays(1)));
        run.Clock.Advance(s_span - s_tick);
        Require(
            await SweepAllAsync(
                run) == 0, "A cleanup destroyed a session one millisecond before the margin after its deadline had passed.");
        run.Clock.Advance(s_tick);
        Require(
            await SweepAllAsync(run) == dead.Length,
            "Cleanups did not destroy, or did not count, exactly what has been expired for the margin.");
        Require(await sweeper.DeleteExpiredAsync(100, run.Token) == 0, "A cleanup counted what an earlier one had destroyed.");
        await run.MatchesAsync(live, "A live session after a cleanup");

        // Only a record that is no longer stored stays absent when the clock is set back.
        run.Clock.Jump(-s_span);
        foreach (var session in dead)
        {
            await run.AbsentAsync(session, "A session that was destroyed is still stored.");
        }

        await run.ListedAsync(run.Alice, "A session that was destroyed is still listed.", live);
    }

    private static async Task SparesTheMargin(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, lifetimes: EndingBefore(SessionRecord.SkewMargin - s_tick));
        run.Clock.Advance(s_span);
        await run.AbsentAsync(session, "An expired session is read.");
        Require(await SweepAllAsync(run) == 0, "A cleanup destroyed a session within the margin after its deadline.");
        run.Clock.Jump(-SessionRecord.SkewMargin);
        await run.MatchesAsync(session, "A session within the margin after its deadline, after a cleanup,");
    }

    private static async Task SparesTheLiving(CaseRun run)
    {
        var lifetimes = new SessionLifetimes(TimeSpan.FromDays(6), TimeSpan.FromHours(1), TimeSpan.FromDays(30));
        var touched = await run.SignInAsync(run.Alice, lifetimes: lifetimes, presented: true);
        var firstTouched = await run.SignInAsync(null, lifetimes: lifetimes);
        await run.AppliedAsync(firstTouched, new SessionChange { Touch = new SessionTouch(run.Now) });
        run.Clock.Advance(TimeSpan.FromDays(5));
        touched = await run.AppliedAsync(touched, new SessionChange { Touch = new SessionTouch(run.Now) });
        firstTouched = await run.AppliedAsync(firstTouched, new SessionChange { Touch = new SessionTouch(run.Now) });
        run.Clock.Advance(s_span - TimeSpan.FromDays(5));
        Require(await SweepAllAsync(run) == 0, "A cleanup destroyed a live session that was touched.");
        await run.MatchesAsync(touched, "A touched session after a cleanup");
        await run.MatchesAsync(firstTouched, "A touched anonymous session after a cleanup");
    }

    private static async Task KeepsToItsBatch(CaseRun run)
    {
        const int Dead = 10, Batch = 3;
        var sweeper = Sweeper(run);
        for (int i = 0; i < Dead; i++)
        {
            await run.SignInAsync(i % 2 == 0 ? run.Alice : null);
        }

        var live = await run.SignInAsync(run.Alice, lifetimes: EndingBefore(-TimeSpan.FromDays(1)));
        run.Clock.Advance(s_span);
        long destroyed = 0;
        for (int sweep = 0; sweep < 100 && destroyed < Dead; sweep++)
        {
            long now = await sweeper.DeleteExpiredAsync(Batch, run.Token);
            Require(now is >= 0 and <= Batch, $"A cleanup with a batch of {Batch} destroyed {now}.");
            destroyed += now;
        }

        Require(destroyed == Dead, $"A hundred cleanups destroyed {destroyed} of {Dead} expired sessions.");
        await run.MatchesAsync(live, "A live session among destroyed ones");
    }

    private static async Task BelievesNoJumpingClock(CaseRun run)
    {
        Sweeper(run);
        var session = await run.SignInAsync(run.Alice);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        foreach (var jump in new[] { TimeSpan.FromDays(1), TimeSpan.FromDays(90) })
        {
            run.Clock.Jump(jump);
            Require(await SweepAllAsync(run) == 0, "A cleanup destroyed a session by a clock that had jumped.");
            run.Clock.Jump(-jump);
            await run.MatchesAsync(session, "A session after cleanups by a clock that had jumped and was corrected,");
        }
    }

    private static async Task BatchIsAtLeastOne(CaseRun run)
    {
        var sweeper = Sweeper(run);
        foreach (int batch in new[] { 0, -1, int.MinValue })
        {
            await RequireThrowsAsync<ArgumentOutOfRangeException>(
                async () => await sweeper.DeleteExpiredAsync(batch, run.Token),
                $"A batch of {batch} was accepted.");
        }

        Require(
            await sweeper.DeleteExpiredAsync(int.MaxValue, run.Token) == 0,
            "A cleanup of an empty prefix destroyed something, or a large batch was refused.");
    }

    private static async Task LeavesWhatCannotBeRead(CaseRun run)
    {
        Sweeper(run);
        var bad = await UnreadableCases.PlantGarbageAsync(run, EndingBefore(-TimeSpan.FromDays(1)));
        run.Clock.Advance(s_span);
        Require(await SweepAllAsync(run) == 0, "A cleanup destroyed, or counted, a record that cannot be read.");
        await UnreadableCases.StillStoredAsync(run, bad, "A cleanup destroyed a record that cannot be read, and did not count it.");
    }

    private static async Task NeverTakesWhatIsTouched(CaseRun run)
    {
        var sweeper = Sweeper(run);
        var idle = TimeSpan.FromHours(6);
        var step = idle - TimeSpan.FromMinutes(1);
        var lifetimes = new SessionLifetimes(idle, idle, TimeSpan.FromDays(30));
        var sessions = new SessionRecord[8];
        for (int i = 0; i < sessions.Length; i++)
        {
            sessions[i] = await run.SignInAsync(i % 2 == 0 ? run.Alice : null, lifetimes: lifetimes, presented: true);
        }

        for (var left = s_span; left > idle; left -= step)
        {
            run.Clock.Advance(step);
            await TogetherAsync(sessions.Length + 2, async i =>
            {
                if (i < sessions.Length)
                {
                    var update = await run.Handle(i).UpdateAsync(
                        sessions[i], new SessionChange { Touch = new SessionTouch(run.Now) }, run.Token);
                    Require(update.Status == SessionUpdateStatus.Applied, "A session that was touched in time was destroyed.");
                }
                else
                {
                    Require(await sweeper.DeleteExpiredAsync(100, run.Token) == 0, "A cleanup destroyed a live session.");
                }
            });
        }
    }
}
