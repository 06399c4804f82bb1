using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class EndingRaceCases
{
    private const int Rounds = 40;

    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "EndingRace",
            NoWriterRevives,
            "Whatever is written while a session ends, no read after the answer returns the session.",
            ["D1", "D2", "D3"]),
        new(
            "EndingRace",
            NoWriterRevivesAmongMany,
            "Whatever is written while a user's sessions end, no read after the answer returns one of them.",
            ["D1", "D14"]),
        new(
            "EndingRace",
            EndingManyMissesNobody,
            "A sign-in that was answered before a user's sessions were ended has ended. One that ran at the same time is live and "
            + "listed, or has ended.",
            ["D14"]),
        new(
            "EndingRace",
            ListAndRecordsAgree,
            "After parallel sign-ins, sign-outs and capped sign-ins the list has exactly the live sessions.",
            ["D12"]),
        new(
            "EndingRace",
            DeleteAllMissesNobody,
            "A session that was created before ClearAsync began has ended when ClearAsync answers.",
            ["D14"]),
    ];

    private static Task NoWriterRevives(CaseRun run) => NoWriterRevivesAsync(run, async (store, session) =>
        Require(await store.DeleteAsync(session, run.Token), "Ending a session while it is written to answered false."));

    private static Task NoWriterRevivesAmongMany(CaseRun run) => NoWriterRevivesAsync(run, async (store, _) =>
        Require(
            await store.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 1,
            "Ending a user's one session while it is written to did not answer 1."));

    private static async Task NoWriterRevivesAsync(CaseRun run, Func<IGenericStore, SessionRecord, Task> end)
    {
        for (int round = 0; round < Rounds; round++)
        {
            var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
            int acknowledged = 0, writes = 0;
            var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await TogetherAsync(6, async i =>
            {
                if (i == 0)
                {
                    // The end must come among the writes, and not before them.
                    await written.Task;
                    await end(run.Store, session);
                    Volatile.Write(ref acknowledged, 1);
                    await run.AbsentAsync(session, "A session is still read after its end was answered.");
                    return;
                }

                for (bool last = false; !last;)
                {
                    // Otherwise a store that answers at once would keep the thread, and the end would never begin.
                    await Task.Yield();
                    last = Volatile.Read(ref acknowledged) == 1;
                    foreach (var change in UpdateCases.EveryKind(session, run.Now).Take(6))
                    {
                        var update = await run.Handle(i).UpdateAsync(session, change, run.Token);
                        Require(
                            !last || update.Status == SessionUpdateStatus.Gone,
                            $"A change that began after the answer to the session's end was answered {update.Status}.");
                        if (update.Status == SessionUpdateStatus.Gone || Interlocked.Increment(ref writes) == 8)
                        {
                            written.TrySetResult();
                        }
                    }
                }
            });
            await run.AbsentAsync(session, "A late write revived an ended session.");
            await run.ListedAsync(run.Alice, "A late write brought an ended session back into its user's list.");
        }

        await run.CountedAsync(0, "After late writes the count shows sessions that had ended.");
    }

    private static async Task EndingManyMissesNobody(CaseRun run)
    {
        for (int round = 0; round < Rounds; round++)
        {
            var acknowledged = new List<SessionRecord>();
            var sessions = new List<SessionRecord>();
            SessionRecord[] before = [];
            await TogetherAsync(5, async i =>
            {
                if (i == 0)
                {
                    do
                    {
                        await Task.Yield();
                        lock (acknowledged)
                        {
                            before = [.. acknowledged];
                        }
                    }
                    while (before.Length == 0);
                    await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
                    foreach (var session in before)
                    {
                        await run.AbsentAsync(session, "A sign-in that was answered before a user's sessions were ended is still live.");
                    }

                    return;
                }

                for (int step = 0; step < 5; step++)
                {
                    var session = run.Record(run.Alice);
                    await run.Handle(i).CreateAsync(session, null, run.Token);
                    lock (acknowledged)
                    {
                        acknowledged.Add(session);
                    }
                }
            });
            sessions.AddRange(acknowledged);
            await AgreeAsync(run, sessions);
            await run.Store.DeleteActiveSessionsAsync(run.Alice, null, run.Token);
            foreach (var session in sessions)
            {
                await run.AbsentAsync(
                    session,
                    "A sign-in that ran at the same time as the end of its user's sessions cannot be ended: it is not in the index.");
            }
        }
    }

    private static async Task ListAndRecordsAgree(CaseRun run)
    {
        for (int round = 0; round < Rounds; round++)
        {
            var sessions = Enumerable.Range(0, 16).Select(_ => run.Record(run.Alice)).ToArray();
            await TogetherAsync(sessions.Length, async i =>
            {
                await run.Handle(i).CreateAsync(sessions[i], i % 4 == 0 ? new SessionCap(6) : null, run.Token);
                if (i % 3 == 0)
                {
                    await run.Handle(i + 1).DeleteAsync(sessions[i], run.Token);
                }
            });
            await AgreeAsync(run, sessions);
        }
    }

    private static async Task DeleteAllMissesNobody(CaseRun run)
    {
        for (int round = 0; round < 10; round++)
        {
            SessionRecord[] before = [await run.SignInAsync(run.Alice), await run.SignInAsync(run.Bob), await run.SignInAsync(null)];
            var beside = Enumerable.Range(0, 8).Select(i => run.Record(i % 2 == 0 ? run.Alice : null)).ToArray();
            await TogetherAsync(beside.Length + 1, async i =>
            {
                if (i < beside.Length)
                {
                    await run.Handle(i).CreateAsync(beside[i], null, run.Token);
                    return;
                }

                await run.Store.ClearAsync(run.Token);
                foreach (var session in before)
                {
                    await run.AbsentAsync(session, "A session that was created before ClearAsync began is still live.");
                }
            });
            await AgreeAsync(run, beside.Where(session => session.UserId is not null));
        }
    }

    private static async Task AgreeAsync(CaseRun run, IEnumerable<SessionRecord> sessions)
    {
        var listed = (await run.ListAsync(run.Alice)).Select(session => session.Key).ToHashSet();
        int living = 0;
        foreach (var session in sessions)
        {
            bool lives = await run.Store.GetAsync(session.Key, run.Token) is not null;
            Require(
                lives == listed.Contains(session.Key),
                lives
                    ? "After parallel calls a live session is not in its user's list."
                    : "After parallel calls an ended session is in its user's list.");
            living += lives ? 1 : 0;
        }

        Require(living <= listed.Count, "After parallel calls the list is not complete.");
    }
}
