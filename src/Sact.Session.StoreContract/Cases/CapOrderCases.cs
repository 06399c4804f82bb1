using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

/// <summary>
/// Which sessions a full cap ends. The expectations are written out here and do not come from
/// <see cref="SessionCap.ChooseEnded(IReadOnlyCollection{SessionRecord}, DateTimeOffset)"/>, so that an error in it is found too.
/// </summary>
internal static class CapOrderCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "CapOrder",
            LeastRecentlyUsedGoesFirst,
            "EndLeastRecentlyUsed ends the session that was last seen longest ago."),
        new("CapOrder", OldestGoesFirst, "EndOldest ends the session that was created first, whatever its last visit."),
        new(
            "CapOrder",
            NeverPresentedGoesBeforeAll,
            "Sessions never presented and older than a minute end first, the oldest first, under either policy.",
            ["D13"]),
        new(
            "CapOrder",
            AMinuteIsNotOlderThanAMinute,
            "A session never presented that is exactly a minute old does not end before others.",
            ["D13"]),
        new(
            "CapOrder",
            PendingGoesBeforeSignedIn,
            "Pending sessions end before signed-in ones, the oldest first, under either policy: a person who knows only the password "
            + "must not "
            + "end the sessions of the user who has the second factor."),
        new("CapOrder", TiesGoByCreationThenKey, "Ties are broken by creation, then by the key part, so that every node chooses the same."),
    ];

    private static async Task EndsAsync(CaseRun run, SessionCap cap, string sentence, params SessionRecord[] expected)
    {
        var creation = await run.Store.CreateAsync(run.Record(run.Alice, presented: true), cap, run.Token);
        Require(
            creation.Ended.ToHashSet().SetEquals(expected.Select(session => session.Key)) && creation.Ended.Count == expected.Length,
            sentence);
        foreach (var session in expected)
        {
            await run.AbsentAsync(session, sentence + " (The answer names it, but it is live.)");
        }
    }

    private static async Task LeastRecentlyUsedGoesFirst(CaseRun run)
    {
        var first = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var second = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var third = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        await run.AppliedAsync(first, new SessionChange { Touch = new SessionTouch(run.Now) });
        await EndsAsync(run, new SessionCap(3), "EndLeastRecentlyUsed did not end the session that was last seen longest ago.", second);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        await run.AppliedAsync(third, new SessionChange { Touch = new SessionTouch(run.Now) });
        run.Clock.Advance(TimeSpan.FromMinutes(1));

        // Both the first and the one EndsAsync created were last seen at the same instant; the first was created before.
        await EndsAsync(
            run,
            new SessionCap(3),
            "EndLeastRecentlyUsed did not end the session that was last seen longest ago, of two the one created first.",
            first);
    }

    private static async Task OldestGoesFirst(CaseRun run)
    {
        var first = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var second = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        await run.AppliedAsync(first, new SessionChange { Touch = new SessionTouch(run.Now) });
        await EndsAsync(
            run, new SessionCap(2, SessionCapPolicy.EndOldest), "EndOldest did not end the session that was created first.", first);
        await EndsAsync(
            run, new SessionCap(2, SessionCapPolicy.EndOldest), "EndOldest did not end the session that was created first.", second);
    }

    private static async Task NeverPresentedGoesBeforeAll(CaseRun run)
    {
        foreach (var policy in new[] { SessionCapPolicy.EndLeastRecentlyUsed, SessionCapPolicy.EndOldest })
        {
            var oldVisited = await run.SignInAsync(run.Alice, presented: true);
            run.Clock.Advance(TimeSpan.FromMinutes(1));
            var neverOlder = await run.SignInAsync(run.Alice);
            run.Clock.Advance(TimeSpan.FromMinutes(1));
            var never = await run.SignInAsync(run.Alice);
            run.Clock.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromMilliseconds(1));
            await EndsAsync(
                run,
                new SessionCap(3, policy),
                $"A full cap ({policy}) did not end the session never presented, the oldest of two.",
                neverOlder);
            await EndsAsync(run, new SessionCap(3, policy), $"A full cap ({policy}) did not end the session never presented.", never);
            await EndsAsync(
                run,
                new SessionCap(3, policy),
                $"A full cap ({policy}) did not end the oldest, when none was left that was never presented.",
                oldVisited);
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
        }
    }

    private static async Task AMinuteIsNotOlderThanAMinute(CaseRun run)
    {
        var visited = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var never = await run.SignInAsync(run.Alice);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        await EndsAsync(
            run, new SessionCap(
                2), "A session never presented and exactly a minute old ended before one that was last seen earlier.", visited);
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await EndsAsync(run, new SessionCap(2), "A session never presented and older than a minute did not end first.", never);
    }

    private static async Task PendingGoesBeforeSignedIn(CaseRun run)
    {
        foreach (var policy in new[] { SessionCapPolicy.EndLeastRecentlyUsed, SessionCapPolicy.EndOldest })
        {
            var never = await run.SignInAsync(run.Alice);
            var visited = await run.SignInAsync(run.Alice, presented: true);
            run.Clock.Advance(TimeSpan.FromMinutes(2));
            var pending = await run.SignInAsync(run.Alice, state: SessionState.Pending, presented: true);
            run.Clock.Advance(TimeSpan.FromSeconds(1));
            var later = await run.SignInAsync(run.Alice, state: SessionState.Pending, presented: true);
            run.Clock.Advance(TimeSpan.FromSeconds(1));
            await EndsAsync(
                run,
                new SessionCap(4, policy),
                $"A full cap ({policy}) did not end the older of two pending sessions before those signed in.",
                pending);
            await EndsAsync(
                run, new SessionCap(4, policy), $"A full cap ({policy}) did not end a pending session before those signed in.", later);
            await run.AliveAsync(visited, $"A full cap ({policy}) ended a session signed in before a pending one.");
            await run.AliveAsync(never, $"A full cap ({policy}) ended a session signed in before a pending one.");
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
        }
    }

    private static async Task TiesGoByCreationThenKey(CaseRun run)
    {
        foreach (var policy in new[] { SessionCapPolicy.EndLeastRecentlyUsed, SessionCapPolicy.EndOldest })
        {
            var tied = new List<SessionRecord>();
            for (int i = 0; i < 6; i++)
            {
                tied.Add(await run.SignInAsync(run.Alice, presented: true));
            }

            run.Clock.Advance(TimeSpan.FromSeconds(1));
            var order = tied.OrderBy(session => session.Key.KeyPart, StringComparer.Ordinal).ToArray();
            await EndsAsync(
                run,
                new SessionCap(4, policy),
                $"Of equal sessions the cap ({policy}) did not end those of the lowest key parts.",
                order[..3]);
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
        }

        var later = await run.CreateAsync(run.Record(run.Alice, presented: true, createdAt: run.Now.AddMinutes(-1), lastSeenAt: run.Now));
        var earlier = await run.CreateAsync(run.Record(run.Alice, presented: true, createdAt: run.Now.AddMinutes(-2), lastSeenAt: run.Now));
        await EndsAsync(
            run, new SessionCap(2), "Of two sessions last seen at one instant the cap did not end the one created first.", earlier);
        await run.AliveAsync(later, "Of two sessions last seen at one instant the cap ended the one created last.");
    }
}
