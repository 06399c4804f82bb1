using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class VersionCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Version", ComesBack, "A record is read with the version that it was created with."),
        new(
            "Version",
            GrowsWithEveryChange,
            "Every change makes the version larger. The answer, a read and a list have the same one."),
        new(
            "Version",
            StaysWhereNothingChanges,
            "A change that changes nothing is Applied and keeps the version. A refused change keeps it too."),
        new(
            "Version",
            CallersOfOneVersionBothApply,
            "Of two callers that hold the same version both apply, and the second one keeps what the first one wrote.",
            ["D7"]),
        new(
            "Version",
            OldRecordIsAsValidAsANewOne,
            "A change through a record that is many changes old applies to the stored one, and loses none of them.",
            ["D6", "D7"]),
        new(
            "Version",
            RefusalsAreOfTheStoredRecord,
            "Whether a change is refused is decided by the stored record, however old the caller's is; a conflict shows the stored one.",
            ["D8"]),
        new(
            "Version",
            OldRecordsOfALongerLifeAreNotGone,
            "A caller whose record has passed its deadline still changes a session that others have kept alive since.",
            ["D9"]),
        new(
            "Version",
            OneVersionIsNotOneSession,
            "A record of the same key and version but of another lineage neither changes nor ends the session.",
            ["C8", "H8"]),
    ];

    private static SessionChange Set(string name, string json) => new() { Set = Fields((name, json)) };

    private static async Task ComesBack(CaseRun run)
    {
        foreach (long version in new[] { 1, 2, 1L << 40, long.MaxValue - (1L << 40) })
        {
            var session = await run.CreateAsync(run.Record(run.Alice) with { Version = version });
            await run.MatchesAsync(session, $"A record created with version {version}");
            var changed = await run.AppliedAsync(session, Set("a", "1"));
            Require(changed.Version > version, $"A change to a record of version {version} did not make its version larger.");
        }
    }

    private static async Task GrowsWithEveryChange(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")), SessionState.Pending);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var pending = NewHash();
        foreach (var change in new Func<SessionRecord, SessionChange>[]
        {
            _ => Set("b", "1"),
            _ => Set("b", "2"),
            _ => new() { Remove = ["b"] },
            _ => new() { Touch = new SessionTouch(run.Now) },
            record => new() { Renewal = SessionRenewal.Propose(pending, run.Now, record) },
            _ => new() { Renewal = SessionRenewal.Promote(pending, run.Now) },
            record => new() { Renewal = SessionRenewal.Replace(NewHash(), run.Now, record) },
            record => new()
            {
                Renewal = SessionRenewal.Replace(NewHash(), run.Now, record), Raise = new SessionRaise(2, run.Now, signsIn: true),
            },
        })
        {
            var after = await run.AppliedAsync(session, change(session));
            Require(after.Version > session.Version, "A change did not make the version larger.");
            await run.MatchesAsync(after, "A changed session");
            RequireSame(after, (await run.ListAsync(run.Alice)).SingleOrDefault(), "A changed session in its user's list");
            session = after;
        }
    }

    private static async Task StaysWhereNothingChanges(CaseRun run)
    {
        var session = await run.AppliedAsync(
            await run.SignInAsync(run.Alice, Fields(("a", "1"))), new SessionChange { Touch = new SessionTouch(run.Now) });
        foreach (var change in new SessionChange[] { new(), new() { Touch = new SessionTouch(run.Now) } })
        {
            RequireSame(session, await run.AppliedAsync(session, change), "The answer to a change that changes nothing");
            await run.MatchesAsync(session, "A session after a change that changes nothing");
        }

        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            session,
            new SessionChange { Set = Fields(("b", "1")), Condition = new SessionFieldCondition("a", null) },
            "A change whose condition fails");
        await run.AnsweredAsync(
            SessionUpdateStatus.TooLarge, session, new SessionChange { Set = Fields(("b", "1")), MaxBytes = 1 }, "A change over its limit");
        await run.MatchesAsync(session, "A session after refused changes");
    }

    private static async Task CallersOfOneVersionBothApply(CaseRun run)
    {
        var held = await run.SignInAsync(run.Alice);
        var first = await run.Store.UpdateAsync(held, Set("first", "1"), run.Token);
        var second = await run.Other.UpdateAsync(held, Set("second", "2"), run.Token);
        Require(
            first.Status == SessionUpdateStatus.Applied && second.Status == SessionUpdateStatus.Applied,
            $"Two callers that held the same version were answered {first.Status} and {second.Status}.");
        Require(
            second.Record!.Fields.SameAs(Fields(("first", "1"), ("second", "2"))),
            "The second of two callers that held the same version lost what the first one wrote.");
        Require(
            held.Version < first.Record!.Version && first.Record.Version < second.Record.Version,
            "Two changes through records of the same version did not each make the version larger.");
        await run.MatchesAsync(second.Record, "A session that two callers of the same version changed");
    }

    private static async Task OldRecordIsAsValidAsANewOne(CaseRun run)
    {
        const int Changes = 40;
        var first = await run.SignInAsync(run.Alice, Fields(("old", "true")));
        var newest = first;
        for (int i = 0; i < Changes; i++)
        {
            newest = (await run.Handle(i).UpdateAsync(newest, Set($"f{i}", $"{i}"), run.Token)).Record!;
        }

        var renewed = await run.AppliedAsync(
            newest, new SessionChange { Renewal = SessionRenewal.Propose(NewHash(), run.Now, newest), Remove = ["old"] });
        var answer = await run.AppliedAsync(first, Set("late", "1"), "A change through a record that is many changes old");
        Require(
            answer.Fields.SameAs(Fields([("late", "1"), .. Enumerable.Range(0, Changes).Select(i => ($"f{i}", $"{i}"))])),
            "A change through an old record lost a field, or brought a removed one back.");
        Require(answer.PendingHash == renewed.PendingHash, "A change through an old record undid a renewal.");
        Require(answer.Version > renewed.Version, "A change through an old record did not make the version larger.");
        await run.MatchesAsync(answer, "A session changed through an old record");
        Require(await run.Store.DeleteAsync(first, run.Token), "A session cannot be ended through an old record.");
        await run.AnsweredAsync(SessionUpdateStatus.Gone, answer, Set("late", "2"), "A change to an ended session");
    }

    private static async Task RefusalsAreOfTheStoredRecord(CaseRun run)
    {
        var old = await run.SignInAsync(run.Alice, Fields(("n", "1"), ("big", "\"" + new string('x', 100) + "\"")));
        var stored = await run.AppliedAsync(
            old,
            new SessionChange { Set = Fields(("n", "2")), Remove = ["big"], Renewal = SessionRenewal.Replace(NewHash(), run.Now, old) });
        var conflict = await run.Store.UpdateAsync(
            old, new SessionChange { Set = Fields(("x", "1")), Condition = new SessionFieldCondition("n", Json("1")) }, run.Token);
        Require(
            conflict.Status == SessionUpdateStatus.Conflict,
            $"A condition that only the caller's old record meets was answered {conflict.Status}.");
        RequireSame(stored, conflict.Record, "The record in a conflict");
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            old,
            new SessionChange { Set = Fields(("x", "1")), Generation = old.Generation },
            "A change in the generation of the caller's old record");
        await run.MatchesAsync(stored, "A session after refused changes");

        var swapped = await run.AppliedAsync(
            old,
            new SessionChange { Set = Fields(("n", "3")), Condition = new SessionFieldCondition("n", Json("2")) },
            "A condition that only the stored record meets");
        var generation = await run.AppliedAsync(
            old,
            new SessionChange { Set = Fields(("n", "4")), Generation = swapped.Generation },
            "A change in the generation of the stored record");
        var small = await run.AppliedAsync(
            old,
            new SessionChange { Set = Fields(("m", "1")), MaxBytes = 10 },
            "A change that is too large only for the caller's old record");
        Require(
            generation.Version > swapped.Version && small.Fields.SameAs(Fields(("n", "4"), ("m", "1"))),
            "Changes that only the stored record allows did not all apply.");
    }

    private static async Task OldRecordsOfALongerLifeAreNotGone(CaseRun run)
    {
        var old = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(Lifetimes.IdleTimeout - TimeSpan.FromMinutes(1));
        await run.AppliedAsync(old, new SessionChange { Touch = new SessionTouch(run.Now) });
        run.Clock.Advance(TimeSpan.FromMinutes(2));
        var answer = await run.AppliedAsync(old, Set("a", "1"), "A change through a record past its deadline, to a session kept alive");
        await run.MatchesAsync(answer, "A session changed through a record past its deadline");
    }

    private static async Task OneVersionIsNotOneSession(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        var stranger = session with { LineageHash = NewHash(), CurrentHash = NewHash() };
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone, stranger, Set("a", "2"), "A change through a record of the same version and another lineage");
        Require(
            !await run.Store.DeleteAsync(stranger, run.Token),
            "An end through a record of the same version and another lineage answered true.");
        await run.MatchesAsync(session, "A session after calls through a record of the same version and another lineage");
    }
}
