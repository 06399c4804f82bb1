using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class EndingManyCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "EndingMany",
            EndsTheUsersSessions,
            "DeleteActiveSessionsAsync ends a user's sessions, signed in and pending, counts them, and ends no other user's."),
        new("EndingMany", KeepsTheExcepted, "DeleteActiveSessionsAsync keeps the excepted session."),
        new(
            "EndingMany",
            ForeignExceptionKeepsNothing,
            "An excepted key that is not this user's keeps nothing, and its session stays.",
            ["C9"]),
        new("EndingMany", IsIdempotent, "Ending a user's sessions again, or those of a user who has none, answers 0."),
        new("EndingMany", EndsHundreds, "DeleteActiveSessionsAsync ends every session of a user who has hundreds."),
        new("EndingMany", EndsEverySessionOfThePrefix, "ClearAsync ends every session of the prefix, whatever its state, and counts them."),
        new("EndingMany", ExpiredAreNotCounted, "An expired session is ended without being counted.", ["G4"]),
    ];

    private static async Task EndsTheUsersSessions(CaseRun run)
    {
        SessionRecord[] hers =
        [
            await run.SignInAsync(run.Alice), await run.SignInAsync(run.Alice, presented: true),
            await run.SignInAsync(run.Alice, state: SessionState.Pending),
        ];
        var his = await run.SignInAsync(run.Bob);
        var visitor = await run.SignInAsync(null);
        long ended = await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
        foreach (var session in hers)
        {
            await run.AbsentAsync(session, $"A {session.State} session outlived the end of all its user's sessions.");
        }

        Require(ended == hers.Length, $"Ending a user's {hers.Length} sessions answered {ended}.");
        await run.ListedAsync(run.Alice, "A user is listed with sessions after all were ended.");
        await run.MatchesAsync(his, "Another user's session");
        await run.MatchesAsync(visitor, "An anonymous session");
        await run.CountedAsync(2, "After a user's sessions were ended the others are not all counted.");
    }

    private static async Task KeepsTheExcepted(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        var other = await run.SignInAsync(run.Alice);
        await run.SignInAsync(run.Alice, state: SessionState.Pending);
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, session.Key, run.Token) == 2,
            "Ending all but one of three sessions did not answer 2.");
        await run.MatchesAsync(session, "The excepted session");
        await run.AbsentAsync(other, "A session that was not excepted is still there.");
        await run.ListedAsync(run.Alice, "After all but one were ended the list is not that one.", session);
    }

    private static async Task ForeignExceptionKeepsNothing(CaseRun run)
    {
        var his = await run.SignInAsync(run.Bob);
        var visitor = await run.SignInAsync(null);
        Func<SessionRecord, SessionKey>[] foreign =
        [
            _ => his.Key, _ => visitor.Key, _ => run.NewKey(run.Alice), hers => SessionKey.Parse($"{run.Prefix}-x:{hers.Key.KeyPart}"),
        ];
        foreach (var keyBeside in foreign)
        {
            var hers = await run.SignInAsync(run.Alice);
            Require(
                await run.Store.DeleteActiveSessionsAsync(run.Alice, keyBeside(hers), run.Token) == 1,
                "Ending a user's one session and except another user's did not answer 1.");
            await run.AbsentAsync(hers, "An excepted key that is not this user's kept a session.");
        }

        await run.MatchesAsync(his, "Another user's session, whose key was excepted,");
        await run.MatchesAsync(visitor, "An anonymous session, whose key was excepted,");
    }

    private static async Task IsIdempotent(CaseRun run)
    {
        await run.SignInAsync(run.Alice);
        await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 0,
            "Ending a user's sessions a second time did not answer 0.");
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Bob, null, run.Token) == 0,
            "Ending the sessions of a user who has none did not answer 0.");
        await run.Store.ClearAsync(run.Token);
        Require(await run.Store.ClearAsync(run.Token) == 0, "Ending all sessions a second time did not answer 0.");
    }

    private static async Task EndsHundreds(CaseRun run)
    {
        const int Count = 300;
        var sessions = new SessionRecord[Count];
        for (int i = 0; i < Count; i++)
        {
            sessions[i] = await run.SignInAsync(run.Alice);
        }

        Require((await run.ListAsync(run.Alice)).Count == Count, "The list of a user with hundreds of sessions is not complete.");
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, sessions[^1].Key, run.Token) == Count - 1,
            "Ending hundreds of sessions but one did not answer their number.");
        await run.ListedAsync(run.Alice, "After hundreds but one were ended the list is not that one.", sessions[^1]);
        foreach (var session in sessions.AsSpan(0, Count - 1).ToArray())
        {
            await run.AbsentAsync(session, "One of hundreds of sessions outlived their end.");
        }
    }

    private static async Task EndsEverySessionOfThePrefix(CaseRun run)
    {
        SessionRecord[] all =
        [
            await run.SignInAsync(run.Alice), await run.SignInAsync(run.Alice, state: SessionState.Pending), await run.SignInAsync(run.Bob),
            await run.SignInAsync(null), await run.SignInAsync(null),
        ];
        Require(await run.Store.ClearAsync(run.Token) == all.Length, "ClearAsync did not answer the number of live sessions.");
        foreach (var session in all)
        {
            await run.AbsentAsync(session, $"A {session.State} session outlived ClearAsync.");
        }

        await run.ListedAsync(run.Alice, "A user is listed with sessions after ClearAsync.");
        await run.CountedAsync(0, "Sessions are counted after ClearAsync.");
        var next = await run.CreateAsync(run.Record(run.Alice), new SessionCap(1, SessionCapPolicy.Refuse));
        await run.ListedAsync(run.Alice, "A sign-in after ClearAsync is not listed.", next);
    }

    private static async Task ExpiredAreNotCounted(CaseRun run)
    {
        var dead = await run.SignInAsync(run.Alice);
        var deadVisitor = await run.SignInAsync(null);
        run.Clock.Advance(dead.ExpiresAt - run.Now);
        await run.SignInAsync(run.Alice);
        Require(!await run.Store.DeleteAsync(deadVisitor, run.Token), "Ending an expired session answered true.");
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 1,
            "Ending a user's sessions counted an expired one, or missed the live one.");
        await run.SignInAsync(null);
        run.Clock.Advance(TimeSpan.FromMinutes(30));
        await run.SignInAsync(run.Alice);
        run.Clock.Advance(TimeSpan.FromMinutes(30));
        Require(await run.Store.ClearAsync(run.Token) == 1, "Ending all sessions counted an expired one, or missed the live one.");
    }
}
