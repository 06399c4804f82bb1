using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class RenewalCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Renewal", ProposeSetsPending, "A proposal sets the pending hash and its time; the current one stays.", ["C12"]),
        new(
            "Renewal",
            ProposeReplacesThePendingItSaw,
            "A proposal that saw a pending hash replaces it; one that did not is a conflict.",
            ["C12", "D5"]),
        new(
            "Renewal",
            PromoteMakesPendingCurrent,
            "A promotion makes the pending hash current and the current one previous, and notes when.",
            ["C12"]),
        new(
            "Renewal",
            PromoteOfAnotherIsAConflict,
            "A promotion of a hash that is not pending is a conflict, a second promotion too.",
            ["C12"]),
        new(
            "Renewal",
            ReplaceLeavesOneSecret,
            "A replacement makes its hash current, removes pending and previous, and increases the generation by one.",
            ["C12"]),
        new(
            "Renewal",
            ReplaceOfStaleRotorsIsAConflict,
            "A replacement or proposal whose decision was based on rotors that have changed is a conflict.",
            ["C12", "D5"]),
        new(
            "Renewal",
            AnOlderGenerationWritesNothing,
            "A change that names an older generation than the record's is a conflict, whatever it changes.",
            ["C12"]),
        new(
            "Renewal",
            PromotionTimeMovesNotBack,
            "A renewal by a clock that is behind does not move the time of the last promotion back.",
            ["C12"]),
        new("Renewal", ExtendsNoDeadline, "Renewal extends no deadline.", ["C13"]),
        new("Renewal", LeavesFieldsAlone, "Renewals and writes of fields do not undo each other.", ["D6"]),
        new("Renewal", OfParallelProposalsOneWins, "Of parallel proposals based on the same rotors exactly one is applied.", ["D5"]),
        new(
            "Renewal",
            OfParallelReplacementsOneWins,
            "Of parallel replacements based on the same rotors exactly one is applied.",
            ["D5"]),
    ];

    private static SessionChange Propose(SecretHash hash, DateTimeOffset at, SessionRecord seen) =>
        new() { Renewal = SessionRenewal.Propose(hash, at, seen) };

    private static SessionChange Replace(SecretHash hash, DateTimeOffset at, SessionRecord seen) =>
        new() { Renewal = SessionRenewal.Replace(hash, at, seen) };

    private static SessionChange Promote(SecretHash hash, DateTimeOffset at) => new() { Renewal = SessionRenewal.Promote(hash, at) };

    private static async Task RotorsAsync(
        CaseRun run, SessionRecord answer, SecretHash current, SecretHash? pending, SecretHash? previous, string after)
    {
        Require(answer.CurrentHash == current, $"After {after} the current hash is wrong.");
        Require(
            answer.PendingHash == pending && answer.PendingSince is null == pending is null,
            $"After {after} the pending hash and its time are wrong.");
        Require(answer.PreviousHash == previous, $"After {after} the previous hash is wrong.");
        await run.MatchesAsync(answer, $"The session after {after}");
    }

    private static async Task AnOlderGenerationWritesNothing(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var set = Fields(("a", "1"));
        var written = await run.AppliedAsync(
            session, new SessionChange { Set = set, Generation = 0 }, "A change in the current generation");
        var replaced = await run.AppliedAsync(session, Replace(NewHash(), run.Now, written));
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            session,
            new SessionChange { Set = Fields(("a", "2")), Generation = 0 },
            "A write of fields in an older generation");
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            session,
            new SessionChange { Remove = ["a"], Generation = 0 },
            "A removal in an older generation");
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict,
            session,
            new SessionChange { Touch = new SessionTouch(run.Now), Generation = 0 },
            "A touch in an older generation");
        await run.MatchesAsync(replaced, "A session after writes in an older generation");
        await run.AppliedAsync(session, new SessionChange { Remove = ["a"], Generation = 1 }, "A change in the new generation");
    }

    private static async Task ProposeSetsPending(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var hash = NewHash();
        var answer = await run.AppliedAsync(session, Propose(hash, run.Now, session));
        await RotorsAsync(run, answer, session.CurrentHash, hash, null, "a proposal");
        Require(
            answer.PendingSince == run.Now && answer.LastPromotedAt is null && answer.Generation == 0,
            "A proposal did not note its time, or noted a promotion.");
    }

    private static async Task ProposeReplacesThePendingItSaw(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var first = await run.AppliedAsync(session, Propose(NewHash(), run.Now, session));
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict, session, Propose(NewHash(), run.Now, session), "A proposal that did not see the pending hash");
        await run.MatchesAsync(first, "A session after a proposal that conflicts");
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var hash = NewHash();
        var second = await run.AppliedAsync(session, Propose(hash, run.Now, first), "A proposal that saw the pending hash");
        await RotorsAsync(run, second, session.CurrentHash, hash, null, "a second proposal");
        Require(second.PendingSince == run.Now, "A second proposal did not note its time.");
    }

    private static async Task PromoteMakesPendingCurrent(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        SecretHash first = NewHash(), second = NewHash();
        await run.AppliedAsync(session, Propose(first, run.Now, session));
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var promoted = await run.AppliedAsync(session, Promote(first, run.Now), "A promotion of the pending hash");
        await RotorsAsync(run, promoted, first, null, session.CurrentHash, "a promotion");
        Require(
            promoted.LastPromotedAt == run.Now
            && promoted.Generation == 0, "A promotion did not note its time, or increased the generation.");
        await run.AppliedAsync(session, Propose(second, run.Now, promoted));
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        await RotorsAsync(run, await run.AppliedAsync(session, Promote(second, run.Now)), second, null, first, "a second promotion");
    }

    private static async Task PromoteOfAnotherIsAConflict(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        await run.AnsweredAsync(SessionUpdateStatus.Conflict, session, Promote(NewHash(), run.Now), "A promotion where nothing is pending");
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict, session, Promote(session.CurrentHash, run.Now), "A promotion of the current hash");
        var hash = NewHash();
        var proposed = await run.AppliedAsync(session, Propose(hash, run.Now, session));
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict, session, Promote(NewHash(), run.Now), "A promotion of a hash that is not pending");
        await run.MatchesAsync(proposed, "A session after a promotion that conflicts");
        var promoted = await run.AppliedAsync(session, Promote(hash, run.Now));
        await run.AnsweredAsync(SessionUpdateStatus.Conflict, session, Promote(hash, run.Now), "A second promotion of one hash");
        await run.MatchesAsync(promoted, "A session after a second promotion of one hash");
    }

    private static async Task ReplaceLeavesOneSecret(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        SecretHash first = NewHash(), second = NewHash(), third = NewHash();
        await run.AppliedAsync(session, Propose(first, run.Now, session));
        var promoted = await run.AppliedAsync(session, Promote(first, run.Now));
        var pending = await run.AppliedAsync(session, Propose(NewHash(), run.Now, promoted));
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var replaced = await run.AppliedAsync(session, Replace(second, run.Now, pending));
        await RotorsAsync(run, replaced, second, null, null, "a replacement");
        Require(
            replaced.Generation == 1 && replaced.LastPromotedAt == run.Now,
            "A replacement did not increase the generation by one or note its time.");
        var again = await run.AppliedAsync(session, Replace(third, run.Now, replaced));
        await RotorsAsync(run, again, third, null, null, "a second replacement");
        Require(again.Generation == 2, "A second replacement did not increase the generation by one.");
    }

    private static async Task ReplaceOfStaleRotorsIsAConflict(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var hash = NewHash();
        var proposed = await run.AppliedAsync(session, Propose(hash, run.Now, session));
        await run.AnsweredAsync(
            SessionUpdateStatus.Conflict, session, Replace(NewHash(), run.Now, session), "A replacement that did not see the pending hash");
        await run.MatchesAsync(proposed, "A session after a replacement that conflicts");
        var promoted = await run.AppliedAsync(session, Promote(hash, run.Now));
        foreach (var stale in new[] { session, proposed })
        {
            await run.AnsweredAsync(
                SessionUpdateStatus.Conflict, session, Replace(NewHash(), run.Now, stale), "A replacement that saw another current hash");
            await run.AnsweredAsync(
                SessionUpdateStatus.Conflict, session, Propose(NewHash(), run.Now, stale), "A proposal that saw another current hash");
        }

        await run.MatchesAsync(promoted, "A session after renewals that conflict");
    }

    private static async Task PromotionTimeMovesNotBack(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var first = await run.AppliedAsync(session, Replace(NewHash(), run.Now, session));
        var second = await run.AppliedAsync(session, Replace(NewHash(), run.Now.AddMinutes(-5), first));
        Require(second.LastPromotedAt == first.LastPromotedAt, "A replacement by a clock that is behind moved the last promotion.");
        var hash = NewHash();
        await run.AppliedAsync(session, Propose(hash, run.Now, second));
        var third = await run.AppliedAsync(session, Promote(hash, run.Now.AddMinutes(-5)));
        Require(third.LastPromotedAt == first.LastPromotedAt, "A promotion by a clock that is behind moved the last promotion.");
        await run.MatchesAsync(third, "A session renewed by a clock that is behind");
    }

    private static async Task ExtendsNoDeadline(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, presented: true);
        run.Clock.Advance(TimeSpan.FromHours(1));
        var hash = NewHash();
        var seen = await run.AppliedAsync(session, Propose(hash, run.Now, session));
        seen = await run.AppliedAsync(session, Promote(hash, run.Now));
        seen = await run.AppliedAsync(session, Replace(NewHash(), run.Now, seen));
        Require(
            seen.ExpiresAt == session.ExpiresAt
            && seen.AbsoluteDeadline == session.AbsoluteDeadline
            && seen.LastSeenAt == session.LastSeenAt,
            "A renewal moved a deadline.");
        run.Clock.Advance(TimeSpan.FromHours(1));
        await run.AbsentAsync(session, "A renewed session outlived its idle timeout.");
    }

    private static async Task LeavesFieldsAlone(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1.0"), ("n", "null")));
        var hash = NewHash();
        await run.AppliedAsync(session, new SessionChange { Set = Fields(("b", "2")) });
        await run.AppliedAsync(session, Propose(hash, run.Now, session));
        await run.AppliedAsync(session, new SessionChange { Set = Fields(("c", "3")) });
        await run.AppliedAsync(session, Promote(hash, run.Now));
        var last = await run.AppliedAsync(session, new SessionChange { Set = Fields(("d", "4")) });
        Require(
            last.Fields.SameAs(Fields(("a", "1.0"), ("n", "null"), ("b", "2"), ("c", "3"), ("d", "4"))),
            "Renewals between writes of fields lost some.");
        await RotorsAsync(run, last, hash, null, session.CurrentHash, "writes between renewals");
    }

    private static Task OfParallelProposalsOneWins(CaseRun run) => OneWinsAsync(
        run, static (hash, at, seen) => SessionRenewal.Propose(hash, at, seen), "proposals");

    private static Task OfParallelReplacementsOneWins(CaseRun run) => OneWinsAsync(
        run, static (hash, at, seen) => SessionRenewal.Replace(hash, at, seen), "replacements");

    private static async Task OneWinsAsync(CaseRun run, Func<SecretHash, DateTimeOffset, SessionRecord, SessionRenewal> renew, string what)
    {
        for (int round = 0; round < 8; round++)
        {
            var session = await run.SignInAsync(run.Alice);
            var hashes = Enumerable.Range(0, 16).Select(_ => NewHash()).ToArray();
            var answers = new SessionUpdate[hashes.Length];
            await TogetherAsync(
                hashes.Length,
                async i =>
                    answers[i] = await run.Handle(i).UpdateAsync(
                        session, new SessionChange { Renewal = renew(hashes[i], run.Now, session) }, run.Token));
            int winner = Array.FindIndex(answers, answer => answer.Status == SessionUpdateStatus.Applied);
            Require(
                winner >= 0 && answers.Count(answer => answer.Status == SessionUpdateStatus.Conflict) == hashes.Length - 1,
                $"Of parallel {what} not exactly one was applied and the others conflicts.");
            var now = await run.Store.GetAsync(session.Key, run.Token);
            Require(
                (now?.PendingHash ?? now?.CurrentHash) == hashes[winner],
                $"Of parallel {what} another one is stored than the one that was applied.");
        }
    }
}
