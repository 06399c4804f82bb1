using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class CapCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Cap", EndsNobodyWhileThereIsRoom, "While there is room under the cap no session ends, up to exactly the cap."),
        new(
            "Cap",
            RefuseWritesNothing,
            "A full cap that refuses is CapReached: nothing is written and no session ends. Once there is room, it creates."),
        new("Cap", EndedAreNamedAndGone, "The answer names the sessions that the cap ended, and they are absent in every method."),
        new("Cap", OnlyTheUsersOwnEnd, "The cap ends and counts only the same user's sessions.", ["D11"]),
        new("Cap", AnonymousAreNotCapped, "Anonymous sessions are neither capped nor counted."),
        new("Cap", PendingCount, "Pending sessions count under the cap, and are ended by it like others."),
        new("Cap", DeadDoNotCount, "Expired and ended sessions do not count under the cap."),
        new("Cap", LoweredCapEndsSeveral, "A cap below the number of live sessions ends as many as necessary."),
        new("Cap", WithoutOneThereIsNone, "Without a cap a user may have any number of sessions."),
        new(
            "Cap",
            ExactUnderParallelSignIns,
            "Under parallel sign-ins exactly the cap survives, and the answers name exactly the others.",
            ["D11"]),
        new(
            "Cap",
            ExactRefusalUnderParallelSignIns,
            "Under parallel sign-ins a cap that refuses creates exactly as many as the cap has room for.",
            ["D11"]),
        new("Cap", HoldsForEachUserInParallel, "Parallel sign-ins of several users keep each user's cap and end no other user's.", ["D11"]),
    ];

    private static async Task EndsNobodyWhileThereIsRoom(CaseRun run)
    {
        var sessions = new List<SessionRecord>();
        for (int i = 0; i < 3; i++)
        {
            var session = run.Record(run.Alice);
            var creation = await run.Store.CreateAsync(session, new SessionCap(3), run.Token);
            Require(
                creation.Status == SessionCreationStatus.Created && creation.Ended.Count == 0,
                "A sign-in with room under the cap ended a session.");
            sessions.Add(session);
        }

        await run.ListedAsync(run.Alice, "Under a cap of 3 three sign-ins are not three sessions.", [.. sessions]);
        var fourth = await run.CreateAsync(run.Record(run.Alice), new SessionCap(3));
        Require((await run.ListAsync(run.Alice)).Count == 3, "A fourth sign-in under a cap of 3 did not leave three sessions.");
        await run.AliveAsync(fourth, "The newest sign-in did not survive the cap.");
    }

    private static async Task RefuseWritesNothing(CaseRun run)
    {
        var cap = new SessionCap(2, SessionCapPolicy.Refuse);
        var first = await run.CreateAsync(run.Record(run.Alice), cap);
        var second = await run.CreateAsync(run.Record(run.Alice), cap);
        run.Clock.Advance(TimeSpan.FromMinutes(10));
        var third = run.Record(run.Alice);
        var creation = await run.Store.CreateAsync(third, cap, run.Token);
        Require(
            creation.Status == SessionCreationStatus.CapReached && creation.Ended.Count == 0,
            $"A full cap that refuses answered {creation.Status}, or ended a session.");
        await run.AbsentAsync(third, "A session that the cap refused was stored.");
        await run.ListedAsync(run.Alice, "A refused sign-in changed the list of live sessions.", first, second);
        await run.CountedAsync(2, "A refused sign-in is counted.");
        await run.Store.DeleteAsync(first, run.Token);
        await run.CreateAsync(third, cap);
        await run.ListedAsync(run.Alice, "After a session ended, the sign-in that was refused before is not listed.", second, third);
    }

    private static async Task EndedAreNamedAndGone(CaseRun run)
    {
        var first = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        var creation = await run.Store.CreateAsync(run.Record(run.Alice), new SessionCap(1), run.Token);
        Require(
            creation.Status == SessionCreationStatus.Created && creation.Ended.Count == 1 && creation.Ended[0] == first.Key,
            "The answer does not name the session that the cap ended.");
        await run.AbsentAsync(first, "A session that the cap ended is still read.");
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone,
            first,
            new SessionChange { Touch = new SessionTouch(run.Now) },
            "A touch of a session that the cap ended");
        Require(!await run.Store.DeleteAsync(first, run.Token), "Ending a session that the cap ended answered true.");
        await run.CountedAsync(1, "A session that the cap ended is still counted.");
    }

    private static async Task OnlyTheUsersOwnEnd(CaseRun run)
    {
        var his = await run.SignInAsync(run.Bob);
        var visitor = await run.SignInAsync(null);
        run.Clock.Advance(TimeSpan.FromMinutes(5));
        var first = await run.CreateAsync(run.Record(run.Alice), new SessionCap(1));
        await run.MatchesAsync(his, "Another user's session under a user's cap");
        var second = await run.CreateAsync(run.Record(run.Alice), new SessionCap(1));
        await run.AbsentAsync(first, "Under a cap of 1 a second sign-in left the first alive.");
        await run.MatchesAsync(his, "Another user's session under a user's full cap");
        await run.MatchesAsync(visitor, "An anonymous session under a user's full cap");
        await run.ListedAsync(run.Alice, "Under a cap of 1 the list is not the newest sign-in.", second);
    }

    private static async Task AnonymousAreNotCapped(CaseRun run)
    {
        var first = await run.SignInAsync(null);
        run.Clock.Advance(TimeSpan.FromMinutes(5));
        foreach (var policy in Enum.GetValues<SessionCapPolicy>())
        {
            var creation = await run.Store.CreateAsync(run.Record(null), new SessionCap(1, policy), run.Token);
            Require(
                creation.Status == SessionCreationStatus.Created && creation.Ended.Count == 0,
                $"An anonymous session was capped ({policy}).");
        }

        await run.AliveAsync(first, "A cap ended an anonymous session.");
        var hers = await run.Store.CreateAsync(run.Record(run.Alice), new SessionCap(1, SessionCapPolicy.Refuse), run.Token);
        Require(hers.Status == SessionCreationStatus.Created, "Anonymous sessions count under a user's cap.");
    }

    private static async Task PendingCount(CaseRun run)
    {
        var pending = await run.SignInAsync(run.Alice, state: SessionState.Pending);
        await run.CreationIsAsync(
            SessionCreationStatus.CapReached,
            run.Record(run.Alice),
            new SessionCap(1, SessionCapPolicy.Refuse),
            "A pending session does not count under the cap.");
        var next = await run.CreateAsync(run.Record(run.Alice, SessionState.Pending), new SessionCap(1));
        await run.AbsentAsync(pending, "The cap left a pending session alive.");
        await run.ListedAsync(run.Alice, "Under a cap of 1 the list is not the newest, pending, session.", next);
    }

    private static async Task DeadDoNotCount(CaseRun run)
    {
        var cap = new SessionCap(2, SessionCapPolicy.Refuse);
        var ended = await run.CreateAsync(run.Record(run.Alice), cap);
        await run.Store.DeleteAsync(ended, run.Token);
        for (int i = 0; i < 2; i++)
        {
            await run.CreateAsync(run.Record(run.Alice), cap);
        }

        run.Clock.Advance(Lifetimes.FirstUseTimeout);
        var lives = await run.CreateAsync(run.Record(run.Alice), cap);
        var newest = await run.CreateAsync(run.Record(run.Alice), new SessionCap(2));
        await run.ListedAsync(run.Alice, "Expired or ended sessions count under the cap.", lives, newest);
    }

    private static async Task LoweredCapEndsSeveral(CaseRun run)
    {
        for (int i = 0; i < 5; i++)
        {
            await run.SignInAsync(run.Alice, presented: true);
            run.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var sixth = run.Record(run.Alice);
        var creation = await run.Store.CreateAsync(sixth, new SessionCap(2), run.Token);
        Require(
            creation.Status == SessionCreationStatus.Created && creation.Ended.Count == 4,
            "A cap of 2 over five sessions did not end four.");
        var list = await run.ListAsync(run.Alice);
        Require(
            list.Count == 2 && list.Any(session => session.Key == sixth.Key),
            "A cap of 2 over five sessions did not leave two, the newest among them.");
    }

    private static async Task WithoutOneThereIsNone(CaseRun run)
    {
        for (int i = 0; i < 150; i++)
        {
            var creation = await run.Store.CreateAsync(run.Record(run.Alice), null, run.Token);
            Require(
                creation.Status == SessionCreationStatus.Created && creation.Ended.Count == 0,
                "Without a cap a sign-in was refused or ended a session.");
        }

        Require((await run.ListAsync(run.Alice)).Count == 150, "Without a cap 150 sign-ins are not 150 sessions.");
    }

    private static async Task ExactUnderParallelSignIns(CaseRun run)
    {
        const int SignIns = 32, Max = 4;
        foreach (var policy in new[] { SessionCapPolicy.EndLeastRecentlyUsed, SessionCapPolicy.EndOldest })
        {
            var cap = new SessionCap(Max, policy);
            var sessions = Enumerable.Range(0, SignIns).Select(_ => run.Record(run.Alice)).ToArray();
            var answers = new SessionCreation[SignIns];
            await TogetherAsync(SignIns, async i => answers[i] = await run.Handle(i).CreateAsync(sessions[i], cap, run.Token));
            Require(
                answers.All(answer => answer.Status == SessionCreationStatus.Created),
                $"Of parallel sign-ins under a cap that ends ({policy}) one was not Created.");
            var living = (await run.ListAsync(run.Alice)).Select(session => session.Key).ToHashSet();
            Require(
                living.Count == Max, $"After {SignIns} parallel sign-ins under a cap of {Max} ({policy}) {living.Count} sessions live.");
            var ended = answers.SelectMany(answer => answer.Ended).ToList();
            Require(
                ended.Count == SignIns - Max && ended.Distinct().Count() == ended.Count && !living.Overlaps(ended),
                $"The answers of parallel sign-ins ({policy}) do not name exactly those that ended, each once.");
            foreach (var session in sessions)
            {
                Require(
                    await run.Store.GetAsync(session.Key, run.Token) is not null == living.Contains(session.Key),
                    "After parallel sign-ins the list and the records disagree.");
            }

            // Begun after all others were acknowledged, so it is the newest, and survives.
            run.Clock.Advance(TimeSpan.FromSeconds(1));
            var newest = await run.CreateAsync(run.Record(run.Alice), cap);
            await run.AliveAsync(newest, "The newest sign-in did not survive the cap.");
            Require((await run.ListAsync(run.Alice)).Count == Max, "A sign-in after parallel ones did not keep the cap.");
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
        }
    }

    private static async Task ExactRefusalUnderParallelSignIns(CaseRun run)
    {
        const int SignIns = 32, Max = 4;
        var early = await run.SignInAsync(run.Alice);
        var sessions = Enumerable.Range(0, SignIns).Select(_ => run.Record(run.Alice)).ToArray();
        var answers = new SessionCreation[SignIns];
        await TogetherAsync(
            SignIns,
            async i => answers[i] = await run.Handle(i).CreateAsync(sessions[i], new SessionCap(Max, SessionCapPolicy.Refuse), run.Token));
        int created = answers.Count(answer => answer.Status == SessionCreationStatus.Created);
        Require(created == Max - 1, $"With room for {Max - 1} a cap that refuses created {created} of {SignIns} parallel sign-ins.");
        Require(
            answers.Count(answer => answer.Status == SessionCreationStatus.CapReached) == SignIns - created,
            "Of parallel sign-ins one was neither Created nor CapReached.");
        await run.ListedAsync(
            run.Alice,
            "After parallel sign-ins the list is not those that were acknowledged.",
            [early, .. sessions.Where((_, i) => answers[i].Status == SessionCreationStatus.Created)]);
    }

    private static async Task HoldsForEachUserInParallel(CaseRun run)
    {
        const int Users = 4, SignIns = 8, Max = 2;
        await TogetherAsync(Users * SignIns, async i =>
        {
            string user = $"{run.Alice}-{i % Users}";
            var creation = await run.Handle(i / Users).CreateAsync(run.Record(user), new SessionCap(Max), run.Token);
            Require(creation.Status == SessionCreationStatus.Created, "Of parallel sign-ins of several users one was not Created.");
        });
        for (int user = 0; user < Users; user++)
        {
            int count = (await run.ListAsync($"{run.Alice}-{user}")).Count;
            Require(count == Max, $"After parallel sign-ins of several users under a cap of {Max} one has {count} sessions.");
        }

        await run.CountedAsync(Users * Max, "After parallel sign-ins of several users the count is not their sum.");
    }
}
