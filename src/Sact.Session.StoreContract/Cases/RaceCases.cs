using System.Globalization;
using System.Text;
using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class RaceCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Race", WritersOfDifferentFieldsAllLand, "Of parallel writers of different fields every one applies.", ["D7"]),
        new(
            "Race",
            EveryWriterOfOneSessionApplies,
            "Of 32 writers that hold one record every one applies, none fails, and its answer has its own change.",
            ["D7", "K8"]),
        new("Race", CompareAndSwapIsExact, "Parallel compare-and-swap increments of one field are exact.", ["D8"]),
        new("Race", TouchesAndRenewalsLoseNoWrite, "Touches and renewals at the same time as writes of fields lose none of these.", ["D6"]),
        new("Race", ReadsSeeWholeChanges, "A read sees all of a change or none of it."),
    ];

    private static async Task WritersOfDifferentFieldsAllLand(CaseRun run)
    {
        const int Writers = 64, Steps = 4;

        // Every write leaves a trace that no later write replaces. Otherwise the next step would hide a loss.
        var session = await run.SignInAsync(
            run.Alice, Fields([("kept", "1"), .. Enumerable.Range(0, Writers).Select(i => ($"old{i}", "1"))]));
        await TogetherAsync(Writers, async i =>
        {
            for (int step = 0; step < Steps; step++)
            {
                var update = await run.Handle(i).UpdateAsync(
                    session,
                    new SessionChange { Set = Fields(($"f{i}", $"{step}"), ($"g{i}-{step}", "true")), Remove = [$"old{i}"] },
                    run.Token);
                Require(
                    update.Status == SessionUpdateStatus.Applied,
                    $"Of parallel writers of different fields one was answered {update.Status}.");
            }
        });
        var now = await run.Store.GetAsync(session.Key, run.Token);
        var expected = Fields(
        [
            ("kept", "1"),
            .. Enumerable.Range(0, Writers).Select(i => ($"f{i}", $"{Steps - 1}")),
            .. Enumerable.Range(0, Writers * Steps).Select(i => ($"g{i / Steps}-{i % Steps}", "true")),
        ]);
        Require(now?.Fields.SameAs(expected) == true, "Of parallel writers of different fields not every one applied.");
    }

    private static async Task EveryWriterOfOneSessionApplies(CaseRun run)
    {
        const int Writers = 32, Steps = 4;
        var session = await run.SignInAsync(run.Alice);
        await TogetherAsync(Writers, async i =>
        {
            var held = session;
            for (int step = 0; step < Steps; step++)
            {
                string name = $"f{i}-{step}";
                var update = await run.Handle(i + step).UpdateAsync(held, new SessionChange { Set = Fields((name, "1")) }, run.Token);
                Require(update.Status == SessionUpdateStatus.Applied, $"Of many writers of one session one was answered {update.Status}.");
                Require(update.Record!.Fields.Contains(name), "The answer to one of many writers of a session lacks its own change.");
                Require(update.Record.Version > held.Version, "A change by one of many writers did not make the version larger.");
                held = update.Record;
            }
        });
        var now = await run.Store.GetAsync(session.Key, run.Token);
        Require(
            now?.Fields.Count == Writers * Steps, $"Of {Writers * Steps} changes by many writers {now?.Fields.Count ?? 0} are there.");
    }

    private static async Task CompareAndSwapIsExact(CaseRun run)
    {
        const int Writers = 8, Increments = 125;
        var session = await run.SignInAsync(run.Alice, Fields(("n", "0")));
        await TogetherAsync(Writers, async i =>
        {
            var seen = session;
            for (int done = 0; done < Increments;)
            {
                seen.Fields.TryGetValue("n", out var was);
                int next = int.Parse(Encoding.UTF8.GetString(was.Span), CultureInfo.InvariantCulture) + 1;
                var update = await run.Handle(i).UpdateAsync(
                    session,
                    new SessionChange
                    {
                        Set = Fields(("n", next.ToString(CultureInfo.InvariantCulture)), ($"w{i}", $"{done}")),
                        Condition = new SessionFieldCondition("n", was),
                    },
                    run.Token);
                Require(
                    update.Status is SessionUpdateStatus.Applied or SessionUpdateStatus.Conflict,
                    $"A compare-and-swap was answered {update.Status}.");
                seen = update.Record!;
                done += update.Status == SessionUpdateStatus.Applied ? 1 : 0;
            }
        });
        var now = await run.Store.GetAsync(session.Key, run.Token);
        string total = now is not null && now.Fields.TryGetValue("n", out var n) ? Encoding.UTF8.GetString(n.Span) : "nothing";
        Require(total == "1000", $"A thousand compare-and-swap increments came to {total}.");
    }

    private static async Task TouchesAndRenewalsLoseNoWrite(CaseRun run)
    {
        const int Writers = 8;
        var session = await run.SignInAsync(run.Alice);
        await TogetherAsync(Writers * 2, async i =>
        {
            var seen = session;
            for (int step = 0; step < 25; step++)
            {
                var change = i < Writers ? new SessionChange { Set = Fields(($"f{i}", $"{step}")) }
                    : i % 2 == 0 ? new SessionChange { Touch = new SessionTouch(run.Now) }
                    : seen.PendingHash is { } pending ? new SessionChange { Renewal = SessionRenewal.Promote(pending, run.Now) }
                    : new SessionChange { Renewal = SessionRenewal.Propose(NewHash(), run.Now, seen) };
                var update = await run.Handle(i).UpdateAsync(session, change, run.Token);
                Require(
                    update.Status is SessionUpdateStatus.Applied or SessionUpdateStatus.Conflict
                    && (update.Status == SessionUpdateStatus.Applied || change.Renewal is not null),
                    $"A change to a live session was answered {update.Status}.");
                seen = update.Record!;
            }
        });
        var now = await run.Store.GetAsync(session.Key, run.Token);
        Require(
            now?.Fields.SameAs(Fields([.. Enumerable.Range(0, Writers).Select(i => ($"f{i}", "24"))])) == true,
            "Touches and renewals at the same time as writes of fields lost some of these.");
        Require(now!.Presented, "Writes of fields at the same time as a touch undid the touch.");
    }

    private static async Task ReadsSeeWholeChanges(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "-1"), ("b", "-1")));
        int writing = 4;
        await TogetherAsync(8, async i =>
        {
            if (i < 4)
            {
                for (int step = 0; step < 50; step++)
                {
                    string value = $"{(i * 1000) + step}";
                    await run.Handle(i).UpdateAsync(session, new SessionChange { Set = Fields(("a", value), ("b", value)) }, run.Token);
                }

                Interlocked.Decrement(ref writing);
                return;
            }

            while (Volatile.Read(ref writing) > 0)
            {
                await Task.Yield();
                var seen = i % 4 == 3
                    ? (await run.ListAsync(run.Alice, run.Handle(i))).SingleOrDefault()
                    : await run.Handle(i).GetAsync(session.Key, run.Token);
                Require(
                    seen is not null
                    && seen.Fields.TryGetValue("a", out var a)
                    && seen.Fields.TryGetValue("b", out var b)
                    && a.Span.SequenceEqual(b.Span),
                    "A read saw a part of a change, or did not see the session at all.");
            }
        });
    }
}
