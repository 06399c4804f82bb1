using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class CreationCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Creation", IsFoundAgain, "A created session is read, listed for its user and counted."),
        new("Creation", NeverOverwrites, "Another live record under the key is Exists, and stays as it was.", ["C2"]),
        new("Creation", VeryCreationIsARetry, "Creating the very same record once more is Created, and there is one session."),
        new("Creation", RetryKeepsWhatHappenedSince, "A retry of a creation overwrites nothing that was changed since."),
        new("Creation", RetryEndsNobody, "A retry of a creation ends no session under a cap that is full."),
        new("Creation", ExistsEndsNobody, "Exists ends no session, even under a cap that is full: nothing is written."),
        new(
            "Creation",
            DeadRecordGivesWay,
            "An expired record under the key is absent: the creation replaces it, and the old user's list does not have it.",
            ["G4"]),
        new(
            "Creation",
            RefusalDestroysNothing,
            "A creation that the cap refuses writes nothing: an expired record under its key is not destroyed.",
            ["G2"]),
        new("Creation", EndedKeyIsFree, "The key of an ended session is free."),
        new(
            "Creation",
            ContradictoryRecordIsRefused,
            "A record that contradicts itself, or has a key of another prefix, is an ArgumentException.",
            ["C10"]),
        new("Creation", ParallelRetriesLeaveOne, "Parallel identical creations are all Created and leave one session."),
        new("Creation", ParallelRivalsLeaveOne, "Of parallel different creations under one key exactly one is Created.", ["C2"]),
    ];

    private static async Task IsFoundAgain(CaseRun run)
    {
        await run.CountedAsync(0, "A new prefix is not empty.");
        var session = await run.SignInAsync(run.Alice, Fields(("role", "\"admin\"")));
        await run.MatchesAsync(session, "The session just created");
        await run.ListedAsync(run.Alice, "The session just created is not what its user's list shows.", session);
        await run.CountedAsync(1, "One session was created.");
        Require(await run.Store.GetAsync(run.NewKey(run.Alice), run.Token) is null, "A key without a session was found.");
    }

    private static async Task NeverOverwrites(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        SessionRecord[] rivals =
        [
            run.Record(run.Alice, fields: Fields(("b", "2")), key: session.Key),
            run.Record(null, key: session.Key),
            Like(session, current: NewHash()),
            Like(session, createdAt: session.CreatedAt.AddMilliseconds(1)),
            Like(session, state: SessionState.Pending),
        ];
        foreach (var rival in rivals)
        {
            await run.CreationIsAsync(
                SessionCreationStatus.Exists,
                rival,
                null,
                "CreateAsync did not answer Exists for another record under the key of a live session.");
            await run.MatchesAsync(session, "A session after another creation under its key");
        }

        await run.ListedAsync(run.Alice, "A creation that answered Exists changed the user's list.", session);
    }

    private static async Task VeryCreationIsARetry(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var retry = await run.Other.CreateAsync(Like(session), null, run.Token);
        Require(retry.Status == SessionCreationStatus.Created, $"A retry of a creation was answered {retry.Status} instead of Created.");
        Require(retry.Ended.Count == 0, "A retry of a creation ended a session.");
        await run.ListedAsync(run.Alice, "A retry of a creation is listed twice or not at all.", session);
        await run.CountedAsync(1, "A retry of a creation was counted twice.");
        var visitor = await run.SignInAsync(null);
        await run.CreationIsAsync(
            SessionCreationStatus.Created, visitor, null, "A retry of an anonymous creation was not answered Created.");
    }

    private static async Task RetryKeepsWhatHappenedSince(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        run.Clock.Advance(TimeSpan.FromMinutes(5));
        var changed = await run.AppliedAsync(session, new SessionChange { Set = Fields(("a", "2")), Touch = new SessionTouch(run.Now) });
        await run.CreationIsAsync(
            SessionCreationStatus.Created, session, null, "A retry of a creation after a change was not answered Created.");
        await run.MatchesAsync(changed, "A session changed before its creation was retried");
    }

    private static async Task RetryEndsNobody(CaseRun run)
    {
        var cap = new SessionCap(2);
        var first = await run.CreateAsync(run.Record(run.Alice), cap);
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await run.CreateAsync(run.Record(run.Alice), cap);
        foreach (var policy in Enum.GetValues<SessionCapPolicy>())
        {
            var retry = await run.Store.CreateAsync(second, new SessionCap(2, policy), run.Token);
            Require(
                retry.Status == SessionCreationStatus.Created && retry.Ended.Count == 0,
                $"A retry under a full cap ({policy}) was not Created with no session ended.");
        }

        await run.ListedAsync(run.Alice, "A retry under a full cap changed the list of live sessions.", first, second);
    }

    private static async Task ExistsEndsNobody(CaseRun run)
    {
        var first = await run.SignInAsync(run.Alice);
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await run.SignInAsync(run.Alice);
        foreach (var policy in Enum.GetValues<SessionCapPolicy>())
        {
            var creation = await run.Store.CreateAsync(run.Record(run.Alice, key: second.Key), new SessionCap(1, policy), run.Token);
            Require(
                creation.Status == SessionCreationStatus.Exists
                || (creation.Status == SessionCreationStatus.CapReached && policy == SessionCapPolicy.Refuse),
                $"A taken key under a full cap ({policy}) was answered {creation.Status}.");
            Require(creation.Ended.Count == 0, "A creation that stored nothing says that it ended a session.");
        }

        await run.ListedAsync(run.Alice, "A creation that stored nothing ended a session.", first, second);
    }

    private static async Task DeadRecordGivesWay(CaseRun run)
    {
        var dead = await run.SignInAsync(run.Alice, Fields(("old", "1")));
        run.Clock.Advance(dead.ExpiresAt - run.Now);
        var successor = await run.CreateAsync(run.Record(null, key: dead.Key, fields: Fields(("new", "1"))));
        await run.MatchesAsync(successor, "A session created under the key of an expired one");
        await run.ListedAsync(run.Alice, "The user of an expired session is listed with the new session under its key.");
        Require(!await run.Store.DeleteAsync(dead, run.Token), "The record of an expired session ended the new session under its key.");
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone,
            dead,
            new SessionChange { Set = Fields(("old", "2")) },
            "A change to a session that expired and whose key has a new session");
        Require(
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 0,
            "Ending a user's sessions counted another user's session.");
        await run.MatchesAsync(
            successor, "A session under the key of another user's expired session, after that user's sessions were ended,");
    }

    private static async Task RefusalDestroysNothing(CaseRun run)
    {
        var dead = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        run.Clock.Advance(dead.ExpiresAt - run.Now);
        var live = await run.SignInAsync(run.Alice);
        var refused = await run.Store.CreateAsync(
            run.Record(run.Alice, key: dead.Key), new SessionCap(1, SessionCapPolicy.Refuse), run.Token);
        Require(
            refused.Status == SessionCreationStatus.CapReached,
            $"A full cap that refuses answered {refused.Status} for the key of an expired session.");
        run.Clock.Jump(TimeSpan.FromMinutes(-5));
        await run.MatchesAsync(dead, "An expired session after a refused creation under its key, after the clock was set back,");
        await run.ListedAsync(
            run.Alice, "An expired session after a refused creation under its key is not listed after the clock was set back.", dead, live);
    }

    private static async Task EndedKeyIsFree(CaseRun run)
    {
        var ended = await run.SignInAsync(run.Alice, Fields(("old", "1")));
        await run.Store.DeleteAsync(ended, run.Token);
        var successor = await run.CreateAsync(run.Record(run.Alice, key: ended.Key));
        await run.MatchesAsync(successor, "A session created under the key of an ended one");
        await run.ListedAsync(run.Alice, "A session created under the key of an ended one is not listed.", successor);
    }

    private static async Task ContradictoryRecordIsRefused(CaseRun run)
    {
        var stranger = await run.Subject.OpenAsync(run.Clock, run.Prefix + "-x", run.Token);
        SessionRecord[] bad =
        [
            run.Record(null, SessionState.SignedIn),
            run.Record(null, SessionState.Pending),
            run.Record(run.Alice, SessionState.Anonymous),
            run.Record(run.Alice, (SessionState)7),
            run.Record(run.Alice, key: default(SessionKey)),
            run.Record(run.Alice, key: stranger.GetSessionKey(stranger.CreateSessionId(run.Alice))),
        ];
        foreach (var record in bad)
        {
            await RequireThrowsAsync<ArgumentException>(
                async () => await run.Store.CreateAsync(record, null, run.Token),
                "CreateAsync accepted a record that contradicts itself or has a key of another prefix.");
        }

        await run.CountedAsync(0, "A refused creation left a session behind.");
        await run.ListedAsync(run.Alice, "A refused creation left a session behind.");
    }

    private static async Task ParallelRetriesLeaveOne(CaseRun run)
    {
        var session = run.Record(run.Alice);
        await TogetherAsync(16, async i =>
        {
            var creation = await run.Handle(i).CreateAsync(session, new SessionCap(1), run.Token);
            Require(
                creation.Status == SessionCreationStatus.Created && creation.Ended.Count == 0,
                "One of parallel identical creations was not Created, or ended a session.");
        });
        await run.ListedAsync(run.Alice, "Parallel identical creations did not leave one session.", session);
        await run.CountedAsync(1, "Parallel identical creations did not leave one session.");
    }

    private static async Task ParallelRivalsLeaveOne(CaseRun run)
    {
        var key = run.NewKey(run.Alice);
        var rivals = Enumerable.Range(0, 16).Select(_ => run.Record(run.Alice, key: key)).ToArray();
        var answers = new SessionCreationStatus[rivals.Length];
        await TogetherAsync(rivals.Length, async i => answers[i] = (await run.Handle(i).CreateAsync(rivals[i], null, run.Token)).Status);
        Require(
            answers.Count(answer => answer == SessionCreationStatus.Created) == 1
            && answers.Count(answer => answer == SessionCreationStatus.Exists) == rivals.Length - 1,
            "Of parallel different creations under one key not exactly one was Created and the others Exists.");
        await run.MatchesAsync(
            rivals[Array.IndexOf(answers, SessionCreationStatus.Created)], "The one of parallel creations that was answered Created");
    }

    private static SessionRecord Like(
        SessionRecord session, SecretHash? current = null, DateTimeOffset? createdAt = null, SessionState? state = null) => new()
        {
            Key = session.Key,
            UserId = session.UserId,
            State = state ?? session.State,
            LineageHash = session.LineageHash,
            CurrentHash = current ?? session.CurrentHash,
            Fields = session.Fields,
            Lifetimes = session.Lifetimes,
            CreatedAt = createdAt ?? session.CreatedAt,
            LastSeenAt = session.LastSeenAt,
            AuthenticatedAt = session.AuthenticatedAt,
        };
}
