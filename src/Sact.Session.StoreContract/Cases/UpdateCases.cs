using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class UpdateCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Update",
            OtherFieldsStay,
            "A change is a delta: fields it does not name stay, even those that others wrote after the caller read.",
            ["D7"]),
        new(
            "Update",
            EmptyChangeStoresNothingOfTheGivenRecord,
            "Of the record given with a change only the identity is used, not the contents."),
        new("Update", AnswerIsTheRecordNow, "Applied has the record after the change."),
        new("Update", SetWinsOverRemove, "A name that is both set and removed is set."),
        new("Update", RemoveSkipsWhatIsNotThere, "Removing a field removes it; an absent name is skipped."),
        new("Update", NullIsAValue, "A field set to null is there."),
        new("Update", EmptyChangeIsApplied, "A change that sets nothing is applied and changes nothing."),
        new("Update", NeverCreates, "A change to a session that never existed is Gone and creates nothing.", ["D1"]),
        new("Update", EndedIsGone, "Any change to an ended session is Gone, and the session stays absent.", ["D1", "D2", "D3"]),
        new("Update", ExpiredIsGone, "Any change to an expired session is Gone, a touch too.", ["G4"]),
        new("Update", OtherLineageIsGone, "A change through a record of another lineage is Gone and changes nothing.", ["C8", "C12"]),
        new("Update", AllPartsLandTogether, "Fields, touch, renewal and raise of one change apply together."),
        new(
            "Update",
            LimitIsKept,
            "A change that would take names and values over its limit is TooLarge, and no part of it applies.",
            ["H1"]),
        new("Update", LimitIsExact, "The limit counts names and values in UTF-8 bytes; exactly at the limit is applied."),
        new("Update", RecordOverTheLimitCanShrink, "A change that does not make the fields larger is never TooLarge."),
    ];

    /// <summary>One change of every kind.</summary>
    public static IEnumerable<SessionChange> EveryKind(SessionRecord session, DateTimeOffset now) =>
    [
        new(),
        new() { Set = Fields(("late", "1")) },
        new() { Remove = ["a"] },
        new() { Touch = new SessionTouch(now) },
        new() { Renewal = SessionRenewal.Propose(NewHash(), now, session) },
        new() { Renewal = SessionRenewal.Replace(NewHash(), now, session) },
        new() { Renewal = SessionRenewal.Promote(session.PendingHash ?? NewHash(), now) },
        new() { Renewal = SessionRenewal.Replace(NewHash(), now, session), Raise = new SessionRaise(200, now, signsIn: true) },
        new() { Condition = new SessionFieldCondition("nope", null), Set = Fields(("nope", "1")) },
        new() { Condition = new SessionFieldCondition("nope", Json("1")) },
        new() { Set = Fields(("late", "1")), MaxBytes = 1 },
    ];

    private static async Task OtherFieldsStay(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1"), ("b", "2"), ("c", "3")));
        await run.AppliedAsync(session, new SessionChange { Set = Fields(("a", "10"), ("d", "4")) });
        await run.AppliedAsync(session, new SessionChange { Set = Fields(("b", "20")), Remove = ["c"] });
        Require(
            (await run.Store.GetAsync(session.Key, run.Token))?.Fields.SameAs(Fields(("a", "10"), ("b", "20"), ("d", "4"))) == true,
            "Two changes through the record as first read did not both apply.");
    }

    private static async Task EmptyChangeStoresNothingOfTheGivenRecord(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")), presented: true);
        var forged = new SessionRecord
        {
            Key = session.Key,
            LineageHash = session.LineageHash,
            UserId = session.UserId,
            State = session.State,
            CurrentHash = NewHash(),
            AssuranceLevel = 9,
            Fields = Fields(("forged", "1")),
            Lifetimes = new SessionLifetimes(TimeSpan.FromDays(1), TimeSpan.FromDays(1), TimeSpan.FromDays(400)),
            CreatedAt = session.CreatedAt,
            LastSeenAt = session.LastSeenAt.AddHours(1),
        };
        RequireSame(
            session,
            await run.AppliedAsync(forged, new SessionChange()),
            "The answer to an empty change through a record with other contents");
        await run.MatchesAsync(session, "A session changed through a record with other contents");
    }

    private static async Task AnswerIsTheRecordNow(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        await run.AppliedAsync(session, new SessionChange { Set = Fields(("b", "2")) });
        var answer = await run.AppliedAsync(session, new SessionChange { Set = Fields(("c", "3")) });
        Require(answer.Fields.SameAs(Fields(("a", "1"), ("b", "2"), ("c", "3"))), "The record in the answer is not the stored one.");
        await run.MatchesAsync(answer, "The record in the answer");
    }

    private static async Task SetWinsOverRemove(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        var answer = await run.AppliedAsync(session, new SessionChange { Set = Fields(("a", "2"), ("b", "3")), Remove = ["a", "b"] });
        Require(answer.Fields.SameAs(Fields(("a", "2"), ("b", "3"))), "A name both set and removed was not set.");
        await run.MatchesAsync(answer, "A session with a name both set and removed");
    }

    private static async Task RemoveSkipsWhatIsNotThere(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1"), ("A", "2"), ("b", "3")));
        var answer = await run.AppliedAsync(session, new SessionChange { Remove = ["a", "nope", "a"] });
        Require(answer.Fields.SameAs(Fields(("A", "2"), ("b", "3"))), "Removing one field did not leave exactly the others.");
        await run.MatchesAsync(answer, "A session with a field removed");
    }

    private static async Task NullIsAValue(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1"), ("b", "null")));
        await run.AppliedAsync(session, new SessionChange { Set = Fields(("a", "null")) });
        Require(
            (await run.Store.GetAsync(session.Key, run.Token))?.Fields.SameAs(Fields(("a", "null"), ("b", "null"))) == true,
            "A field whose value is null was lost.");
    }

    private static async Task EmptyChangeIsApplied(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        RequireSame(
            session,
            await run.AppliedAsync(session, new SessionChange(), "A change that sets nothing"),
            "The record after a change that sets nothing");
    }

    private static async Task NeverCreates(CaseRun run)
    {
        foreach (var session in new[] { run.Record(run.Alice), run.Record(null) })
        {
            foreach (var change in EveryKind(session, run.Now))
            {
                await run.AnsweredAsync(SessionUpdateStatus.Gone, session, change, "A change to a session that never existed");
            }

            await run.AbsentAsync(session, "A change created a session.");
        }

        await run.ListedAsync(run.Alice, "A change created an entry in a user's list.");
        await run.CountedAsync(0, "A change created a session.");
    }

    private static async Task EndedIsGone(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        var proposed = await run.AppliedAsync(session, new SessionChange { Renewal = SessionRenewal.Propose(NewHash(), run.Now, session) });
        await run.Store.DeleteAsync(session, run.Token);
        foreach (var change in EveryKind(proposed, run.Now))
        {
            await run.AnsweredAsync(SessionUpdateStatus.Gone, proposed, change, "A change to an ended session");
        }

        await run.AbsentAsync(session, "A change brought an ended session back.");
        await run.ListedAsync(run.Alice, "A change brought an ended session back.");
    }

    private static async Task ExpiredIsGone(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        run.Clock.Advance(session.ExpiresAt - run.Now);
        foreach (var change in EveryKind(session, run.Now))
        {
            await run.AnsweredAsync(SessionUpdateStatus.Gone, session, change, "A change to an expired session");
        }

        await run.AbsentAsync(session, "A change brought an expired session back.");
        await run.ListedAsync(run.Alice, "A change brought an expired session back.");
    }

    private static async Task OtherLineageIsGone(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        var stranger = run.Record(run.Alice, key: session.Key);
        foreach (var change in EveryKind(session, run.Now))
        {
            await run.AnsweredAsync(SessionUpdateStatus.Gone, stranger, change, "A change through a record of another lineage");
        }

        await run.MatchesAsync(session, "A session that was changed through a record of another lineage");
    }

    private static async Task AllPartsLandTogether(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1"), ("b", "2")), SessionState.Pending);
        run.Clock.Advance(TimeSpan.FromMinutes(10));
        var hash = NewHash();
        var answer = await run.AppliedAsync(session, new SessionChange
        {
            Set = Fields(("a", "10")),
            Remove = ["b"],
            Condition = new SessionFieldCondition("b", Json("2")),
            Touch = new SessionTouch(run.Now, new SessionClient("Agent", null)),
            Renewal = SessionRenewal.Replace(hash, run.Now, session),
            Raise = new SessionRaise(2, run.Now, signsIn: true),
            MaxBytes = 3,
        });
        Require(
            answer.Fields.SameAs(Fields(("a", "10")))
            && answer.LastSeenAt == run.Now
            && answer.Presented
            && answer.LastSeenClient?.UserAgent == "Agent"
            && answer.CurrentHash == hash
            && answer.Generation == 1 && answer.State == SessionState.SignedIn && answer.AssuranceLevel == 2,
            "A change of several parts did not apply completely.");
        await run.MatchesAsync(answer, "A session after a change of several parts");
    }

    private static async Task LimitIsKept(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var change = new SessionChange
        {
            Set = Fields(("big", "\"" + new string('x', 100) + "\"")),
            Remove = ["a"],
            Touch = new SessionTouch(run.Now),
            Renewal = SessionRenewal.Propose(NewHash(), run.Now, session),
            MaxBytes = 50,
        };
        await run.AnsweredAsync(SessionUpdateStatus.TooLarge, session, change, "A change over its limit");
        await run.MatchesAsync(session, "A session after a change over its limit");
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            session,
            new SessionChange { Set = change.Set, MaxBytes = 50, Condition = new SessionFieldCondition("a", null) },
            "A change whose condition fails and which is too large");
    }

    private static async Task LimitIsExact(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));

        // 'a' and '1', then 'é' (2 bytes) and "👍" in quotes (6 bytes).
        var set = Fields(("é", "\"👍\""));
        await run.AnsweredAsync(
            SessionUpdateStatus.TooLarge, session, new SessionChange { Set = set, MaxBytes = 9 }, "A change one byte over its limit");
        await run.AnsweredAsync(
            SessionUpdateStatus.Applied, session, new SessionChange { Set = set, MaxBytes = 10 }, "A change exactly at its limit");
        await run.AnsweredAsync(
            SessionUpdateStatus.Applied,
            session,
            new SessionChange { Set = Fields(("é", "\"1234\""), ("b", "2")), Remove = ["a"], MaxBytes = 10 },
            "A change that makes room for what it sets");
    }

    private static async Task RecordOverTheLimitCanShrink(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "111"), ("b", "222"), ("c", "333")));
        await run.AnsweredAsync(
            SessionUpdateStatus.Applied,
            session,
            new SessionChange { Set = Fields(("a", "444")), MaxBytes = 5 },
            "A change that keeps the size of a record over the limit");
        await run.AnsweredAsync(
            SessionUpdateStatus.Applied,
            session,
            new SessionChange { Remove = ["b"], MaxBytes = 5 },
            "A change that shrinks a record over the limit");
        await run.AnsweredAsync(
            SessionUpdateStatus.Applied,
            session,
            new SessionChange { Touch = new SessionTouch(run.Now), MaxBytes = 5 },
            "A touch of a record over the limit");
        await run.AnsweredAsync(
            SessionUpdateStatus.TooLarge,
            session,
            new SessionChange { Set = Fields(("a", "4444")), MaxBytes = 5 },
            "A change that makes a record over the limit larger still");
    }
}
