using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class ConditionCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Condition", HoldsAndIsApplied, "A change whose condition holds is applied."),
        new(
            "Condition",
            FailsAndNothingLands,
            "A change whose condition does not hold is a Conflict with the current record, and no part of it applies."),
        new("Condition", AbsentIsNotNull, "A condition can expect a field to be absent; null is a value, not an absence."),
        new("Condition", ComparesBytes, "A condition compares bytes, not what they mean."),
        new("Condition", LooksAtOneFieldOnly, "Writers of other fields never make a conditional change a conflict."),
    ];

    private static SessionFieldCondition Expect(string name, string? json) => new(name, JsonOrAbsent(json));

    private static async Task HoldsAndIsApplied(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("n", "1")));
        var answer = await run.AppliedAsync(session, new SessionChange { Set = Fields(("n", "2")), Condition = Expect("n", "1") });
        Require(answer.Fields.SameAs(Fields(("n", "2"))), "A change whose condition holds did not apply.");
    }

    private static async Task FailsAndNothingLands(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("n", "1"), ("a", "1")));
        var now = await run.AppliedAsync(session, new SessionChange { Set = Fields(("n", "2")) });
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var answer = await run.Store.UpdateAsync(
            session,
            new SessionChange
            {
                Set = Fields(("n", "3"), ("b", "1")),
                Remove = ["a"],
                Condition = Expect("n", "1"),
                Touch = new SessionTouch(run.Now),
                Renewal = SessionRenewal.Replace(NewHash(), run.Now, session),
                Raise = new SessionRaise(9, run.Now),
            },
            run.Token);
        Require(
            answer.Status == SessionUpdateStatus.Conflict,
            $"A change whose condition does not hold was answered {answer.Status} instead of Conflict.");
        RequireSame(now, answer.Record, "The record in the answer to a conflict");
        await run.MatchesAsync(now, "A session after a conflict");
    }

    private static async Task AbsentIsNotNull(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("null", "null")));
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            session,
            new SessionChange { Condition = Expect("null", null) },
            "A condition that expects a field with the value null to be absent");
        await run.AnsweredAsync(
            SessionUpdateStatus.Applied,
            session,
            new SessionChange { Condition = Expect("null", "null") },
            "A condition that expects the value null");
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            session,
            new SessionChange { Condition = Expect("n", "null") },
            "A condition that expects an absent field to be null");
        await run.AnsweredAsync(
            SessionUpdateStatus.Applied,
            session,
            new SessionChange { Condition = Expect("n", null), Set = Fields(("n", "1")) },
            "A condition that expects an absent field to be absent");
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            session,
            new SessionChange { Condition = Expect("n", null), Set = Fields(("n", "2")) },
            "The same condition, after the field was set,");
    }

    private static async Task ComparesBytes(CaseRun run)
    {
        var session = await run.SignInAsync(
            run.Alice, Fields(("n", "1.0"), ("o", "{\"a\":1,\"b\":2}"), ("s", "\"\\u0041\""), ("u", "\"\\u0000\"")));
        foreach (
            var (name, json) in new[]
            {
                ("n", "1"), ("n", "1.00"), ("o", "{\"b\":2,\"a\":1}"), ("o", "{\"a\": 1,\"b\":2}"), ("s", "\"A\""), ("S", "\"\\u0041\""),
                ("u", "\"\""),
            })
        {
            await run.AnsweredAsync(
                SessionUpdateStatus.Conflict,
                session,
                new SessionChange { Condition = Expect(name, json) },
                $"A condition on {json} on a field with other bytes");
        }

        foreach (var (name, json) in new[] { ("n", "1.0"), ("o", "{\"a\":1,\"b\":2}"), ("s", "\"\\u0041\""), ("u", "\"\\u0000\"") })
        {
            await run.AnsweredAsync(
                SessionUpdateStatus.Applied,
                session,
                new SessionChange { Condition = Expect(name, json) },
                $"A condition on {json}, which is the value,");
        }
    }

    private static async Task LooksAtOneFieldOnly(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("n", "1"), ("a", "1")));
        await run.AppliedAsync(session, new SessionChange { Set = Fields(("a", "2"), ("b", "1")), Touch = new SessionTouch(run.Now) });
        var answer = await run.AppliedAsync(
            session,
            new SessionChange { Set = Fields(("n", "2")), Condition = Expect("n", "1") },
            "A conditional change after other fields were written");
        Require(answer.Fields.SameAs(Fields(("n", "2"), ("a", "2"), ("b", "1"))), "A conditional change lost other fields.");
    }
}
