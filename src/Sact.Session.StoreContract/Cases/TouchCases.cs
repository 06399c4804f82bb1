using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class TouchCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Touch",
            FirstTouchLiftsTheFirstUseLimit,
            "The first touch marks the session presented: from then on the idle timeout applies instead of the first-use timeout.",
            ["D13"]),
        new("Touch", ExtendsTheIdleDeadline, "A touch moves the idle deadline to the idle timeout after it."),
        new(
            "Touch",
            MovesNoClockBackwards,
            "A touch by a clock that is behind marks the session presented and moves no time back.",
            ["G3"]),
        new(
            "Touch",
            NeverPassesTheAbsoluteDeadline,
            "However often and late it is touched, a session ends at its absolute deadline.",
            ["G5"]),
        new(
            "Touch",
            ClientIsReplacedOrKept,
            "A touch with a client replaces the last-seen client, and a touch without one keeps it; the sign-in client stays."),
        new("Touch", TouchesNothingElse, "A touch changes only presented, last seen and its client."),
        new(
            "Touch",
            RedundantOneChangesNothing,
            "A touch less than its interval after the last one is Applied and changes nothing, not even the version.",
            ["K8"]),
        new("Touch", FirstOneIsNeverRedundant, "A touch that marks the session presented is never redundant."),
        new("Touch", RedundantOneDropsNothingElse, "The other parts of a change with a redundant touch apply."),
        new(
            "Touch",
            ParallelOnesOfADueSessionChangeItOnce,
            "Twenty callers that hold one due record touch it in parallel: all are Applied, and the record changes once.",
            ["K8"]),
    ];

    private static SessionChange TouchAt(DateTimeOffset at, SessionClient? client = null) => new() { Touch = new SessionTouch(at, client) };

    private static async Task FirstTouchLiftsTheFirstUseLimit(CaseRun run)
    {
        var lifetimes = new SessionLifetimes(TimeSpan.FromHours(2), TimeSpan.FromMinutes(5), TimeSpan.FromHours(24));
        var never = await run.SignInAsync(run.Alice, lifetimes: lifetimes);
        var once = await run.SignInAsync(run.Alice, lifetimes: lifetimes);
        var answer = await run.AppliedAsync(once, TouchAt(run.Now));
        Require(answer.Presented, "The first touch did not mark the session presented.");
        run.Clock.Advance(TimeSpan.FromMinutes(5));
        await run.AbsentAsync(never, "A session that was never presented outlived its first-use timeout.");
        await run.AliveAsync(once, "A session that was presented ended with its first-use timeout.");
        run.Clock.Advance(TimeSpan.FromMinutes(115) - TimeSpan.FromMilliseconds(1));
        await run.AliveAsync(once, "A session that was presented ended before its idle timeout.");
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await run.AbsentAsync(once, "A session outlived its idle timeout.");
    }

    private static async Task ExtendsTheIdleDeadline(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, presented: true);
        for (int i = 0; i < 5; i++)
        {
            run.Clock.Advance(Lifetimes.IdleTimeout - TimeSpan.FromMilliseconds(1));
            var answer = await run.AppliedAsync(session, TouchAt(run.Now), "A touch one millisecond before the deadline");
            Require(
                answer.LastSeenAt == run.Now && answer.ExpiresAt == run.Now + Lifetimes.IdleTimeout,
                "A touch did not move the deadline to the idle timeout after it.");
            await run.MatchesAsync(answer, "A touched session");
        }

        run.Clock.Advance(Lifetimes.IdleTimeout);
        await run.AbsentAsync(session, "A session outlived its idle timeout after it was touched.");
    }

    private static async Task MovesNoClockBackwards(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var answer = await run.AppliedAsync(session, TouchAt(run.Now.AddMinutes(-5)));
        Require(answer.LastSeenAt == session.LastSeenAt, "A touch by a clock that is behind moved last-seen backwards.");
        Require(answer.Presented, "A touch by a clock that is behind did not mark the session presented.");
        await run.MatchesAsync(answer, "A session touched by a clock that is behind");
        var later = await run.AppliedAsync(session, TouchAt(run.Now.AddMinutes(5)));
        var still = await run.AppliedAsync(session, TouchAt(run.Now));
        RequireSame(later, still, "A session touched by a clock that is behind another");
        await run.MatchesAsync(later, "A session touched by a clock that is behind another");
    }

    private static async Task NeverPassesTheAbsoluteDeadline(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, presented: true);
        var end = session.AbsoluteDeadline;
        var answer = await run.AppliedAsync(session, TouchAt(end.AddDays(30)));
        Require(answer.LastSeenAt <= end && answer.ExpiresAt == end, "A touch from the future moved the deadline past the absolute one.");
        while (end - run.Now > Lifetimes.IdleTimeout)
        {
            run.Clock.Advance(Lifetimes.IdleTimeout - TimeSpan.FromSeconds(1));
            await run.AppliedAsync(session, TouchAt(run.Now));
        }

        run.Clock.Advance(end - run.Now - TimeSpan.FromMilliseconds(1));
        await run.AppliedAsync(session, TouchAt(run.Now), "A touch one millisecond before the absolute deadline");
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await run.AbsentAsync(session, "A touched session outlived its absolute deadline.");
        await run.AnsweredAsync(SessionUpdateStatus.Gone, session, TouchAt(run.Now), "A touch at the absolute deadline");
        await run.ListedAsync(run.Alice, "A touched session is listed past its absolute deadline.");
    }

    private static async Task ClientIsReplacedOrKept(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var first = await run.AppliedAsync(session, TouchAt(run.Now, new SessionClient("One", "192.0.2.1")));
        Require(
            first.LastSeenClient == new SessionClient("One", "192.0.2.1") && first.SignInClient is null,
            "A touch did not set the last-seen client, or set the sign-in client.");
        var second = await run.AppliedAsync(session, TouchAt(run.Now.AddMinutes(1)));
        Require(
            second.LastSeenClient == new SessionClient("One", "192.0.2.1"), "A touch without a client did not keep the last-seen client.");
        var third = await run.AppliedAsync(session, TouchAt(run.Now.AddMinutes(2), new SessionClient("Two", null)));
        Require(third.LastSeenClient == new SessionClient("Two", null), "A touch with a client did not replace the last-seen client.");
        await run.MatchesAsync(third, "A session touched with a client");
    }

    private static async Task TouchesNothingElse(CaseRun run)
    {
        var session = await run.CreateAsync(
            run.Record(run.Alice, SessionState.Pending, Fields(("a", "1.0"), ("b", "null")), level: 3, pending: NewHash()));
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var answer = await run.AppliedAsync(session, TouchAt(run.Now));
        var expected = new SessionRecord
        {
            Key = session.Key,
            UserId = session.UserId,
            State = session.State,
            AssuranceLevel = session.AssuranceLevel,
            LineageHash = session.LineageHash,
            CurrentHash = session.CurrentHash,
            PendingHash = session.PendingHash,
            PendingSince = session.PendingSince,
            Presented = true,
            Fields = session.Fields,
            CreatedAt = session.CreatedAt,
            LastSeenAt = run.Now,
            AuthenticatedAt = session.AuthenticatedAt,
            Lifetimes = session.Lifetimes,
            Version = answer.Version,
        };
        RequireSame(expected, answer, "The record in the answer to a touch");
        await run.MatchesAsync(expected, "A touched session");
    }

    private static SessionChange TouchEvery(TimeSpan interval, DateTimeOffset at, SessionClient? client = null) =>
        new() { Touch = new SessionTouch(at, client, interval) };

    private static async Task RedundantOneChangesNothing(CaseRun run)
    {
        var interval = TimeSpan.FromMinutes(5);
        var session = await run.SignInAsync(run.Alice);
        var first = await run.AppliedAsync(session, TouchEvery(interval, run.Now, new SessionClient("One", null)));
        var start = run.Now;
        foreach (var after in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(1), interval - TimeSpan.FromMilliseconds(1) })
        {
            run.Clock.Advance(start + after - run.Now);
            foreach (var held in new[] { first, session })
            {
                RequireSame(
                    first,
                    await run.AppliedAsync(held, TouchEvery(interval, run.Now, new SessionClient("Two", null)), "A redundant touch"),
                    "The answer to a redundant touch");
            }
        }

        await run.MatchesAsync(first, "A session after redundant touches");
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await run.AppliedAsync(first, TouchEvery(interval, run.Now, new SessionClient("Two", null)));
        Require(
            second.LastSeenAt == run.Now && second.LastSeenClient?.UserAgent == "Two" && second.Version > first.Version,
            "A touch exactly its interval after the last one was dropped.");
        await run.MatchesAsync(second, "A touched session");
    }

    private static async Task FirstOneIsNeverRedundant(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var answer = await run.AppliedAsync(session, TouchEvery(TimeSpan.FromHours(1), run.Now));
        Require(answer.Presented && answer.Version > session.Version, "The touch that marks a session presented was dropped.");
        await run.MatchesAsync(answer, "A session that was touched for the first time");
    }

    private static async Task RedundantOneDropsNothingElse(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")), presented: true);
        var pending = NewHash();
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await run.AppliedAsync(session, new SessionChange
        {
            Touch = new SessionTouch(run.Now, null, TimeSpan.FromMinutes(5)),
            Set = Fields(("b", "2")),
            Renewal = SessionRenewal.Propose(pending, run.Now, session),
        });
        Require(
            answer.Fields.SameAs(Fields(("a", "1"), ("b", "2"))) && answer.PendingHash == pending && answer.Version > session.Version,
            "A change with a redundant touch was dropped.");
        await run.MatchesAsync(answer, "A session after a change with a redundant touch");
    }

    private static async Task ParallelOnesOfADueSessionChangeItOnce(CaseRun run)
    {
        const int Callers = 20;
        var session = await run.SignInAsync(run.Alice, presented: true);
        for (int round = 0; round < 3; round++)
        {
            run.Clock.Advance(TimeSpan.FromMinutes(10));
            var answers = new SessionRecord[Callers];
            await TogetherAsync(Callers, async i =>
            {
                // No two callers have the same time, and not the first one to write has the latest.
                var at = run.Now.AddMilliseconds(i * 7 % Callers);
                var update = await run.Handle(i).UpdateAsync(session, TouchEvery(TimeSpan.FromMinutes(5), at), run.Token);
                Require(
                    update.Status == SessionUpdateStatus.Applied,
                    $"Of parallel touches of one due session one was answered {update.Status}.");
                answers[i] = update.Record!;
            });
            int versions = answers.Select(answer => answer.Version).Distinct().Count();
            Require(versions == 1, $"{Callers} parallel touches of one due session changed it {versions} times.");
            Require(answers[0].Version > session.Version, "No one of parallel touches of a due session was written.");
            await run.MatchesAsync(answers[0], "A session after parallel touches");
            session = answers[0];
        }
    }
}
