using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class RaiseCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Raise",
            SignsAPendingSessionIn,
            "A raise sets level and time, signs a pending session in, and sets lifetimes and persistence if it has them."),
        new(
            "Raise",
            KeepsWhatItDoesNotName,
            "A raise without lifetimes and persistence keeps both, and a pending session stays pending unless the raise signs it in.",
            ["C14"]),
        new("Raise", NewLimitsCountFromCreation, "New lifetimes hold at once; the absolute one still counts from the creation.", ["C13"]),
        new("Raise", NeverLowers, "A raise below the level is a conflict, and no part of it applies."),
        new("Raise", MakesNoVisitorAUser, "A raise signs in only a pending session.", ["C14"]),
        new("Raise", AuthenticationTimeMovesNotBack, "A raise by a clock that is behind does not move the time of authentication back."),
        new(
            "Raise",
            NeedsAReplacement,
            "A raise without a replacement of the rotor is an ArgumentException, and no part of it applies.",
            ["C12"]),
    ];

    private static SessionChange Raise(CaseRun run, SessionRecord seen, SessionRaise raise) =>
        new() { Renewal = SessionRenewal.Replace(NewHash(), run.Now, seen), Raise = raise };

    private static async Task SignsAPendingSessionIn(CaseRun run)
    {
        var session = await run.SignInAsync(
            run.Alice,
            state: SessionState.Pending,
            lifetimes: new SessionLifetimes(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5)));
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var answer = await run.AppliedAsync(
            session, Raise(run, session, new SessionRaise(2, run.Now, signsIn: true, Lifetimes, isPersistent: true)));
        Require(
            answer.State == SessionState.SignedIn && answer.AssuranceLevel == 2 && answer.AuthenticatedAt == run.Now && answer.IsPersistent
            && answer.Lifetimes.IdleTimeout == Lifetimes.IdleTimeout && answer.Lifetimes.AbsoluteTimeout == Lifetimes.AbsoluteTimeout,
            "A raise did not sign the pending session in with its level, time, lifetimes and persistence.");
        await run.MatchesAsync(answer, "A raised session");
        await run.ListedAsync(run.Alice, "A raised session is not listed.", answer);
    }

    private static async Task KeepsWhatItDoesNotName(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")), SessionState.Pending);
        var answer = await run.AppliedAsync(session, Raise(run, session, new SessionRaise(1, run.Now)));
        Require(
            answer.State == SessionState.Pending
            && !answer.IsPersistent
            && answer.ExpiresAt == session.ExpiresAt
            && answer.Fields.SameAs(session.Fields),
            "A raise changed what it does not set.");
        var persistent = await run.AppliedAsync(session, Raise(run, answer, new SessionRaise(1, run.Now, isPersistent: true)));
        var kept = await run.AppliedAsync(session, Raise(run, persistent, new SessionRaise(1, run.Now)));
        Require(kept.IsPersistent, "A raise without persistence did not keep it.");
        await run.MatchesAsync(kept, "A session after a raise to the level that it has");
    }

    private static async Task NewLimitsCountFromCreation(CaseRun run)
    {
        var session = await run.SignInAsync(
            run.Alice,
            state: SessionState.Pending,
            presented: true,
            lifetimes: new SessionLifetimes(TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(30)));
        run.Clock.Advance(TimeSpan.FromMinutes(20));
        var longer = new SessionLifetimes(TimeSpan.FromHours(3), TimeSpan.FromHours(3), TimeSpan.FromHours(1));
        var raised = await run.AppliedAsync(session, Raise(run, session, new SessionRaise(1, run.Now, signsIn: true, longer)));
        Require(raised.ExpiresAt == session.CreatedAt.AddHours(1), "New lifetimes do not count the absolute one from the creation.");
        run.Clock.Advance(TimeSpan.FromMinutes(40) - TimeSpan.FromMilliseconds(1));
        await run.AliveAsync(session, "A raised session ended when its old lifetimes ended.");
        await run.ListedAsync(run.Alice, "A raised session left the list when its old lifetimes ended.", raised);
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await run.AbsentAsync(session, "A raised session outlived its new lifetimes.");
    }

    private static async Task NeverLowers(CaseRun run)
    {
        var session = await run.CreateAsync(run.Record(run.Alice, SessionState.Pending, level: 3));
        var answer = await run.Store.UpdateAsync(session, Raise(run, session, new SessionRaise(2, run.Now, signsIn: true)), run.Token);
        Require(
            answer.Status == SessionUpdateStatus.Conflict, $"A raise below the level was answered {answer.Status} instead of Conflict.");
        await run.MatchesAsync(session, "A session after a raise below its level");
    }

    private static async Task MakesNoVisitorAUser(CaseRun run)
    {
        var visitor = await run.SignInAsync(null);
        var answer = await run.AppliedAsync(visitor, Raise(run, visitor, new SessionRaise(1, run.Now, signsIn: true)));
        Require(answer.State == SessionState.Anonymous && answer.UserId is null, "A raise signed an anonymous session in.");
        var user = await run.SignInAsync(run.Alice);
        var raised = await run.AppliedAsync(user, Raise(run, user, new SessionRaise(1, run.Now, signsIn: true)));
        Require(raised.State == SessionState.SignedIn, "A raise changed the state of a signed-in session.");
    }

    private static async Task AuthenticationTimeMovesNotBack(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        var answer = await run.AppliedAsync(session, Raise(run, session, new SessionRaise(1, run.Now.AddMinutes(-5))));
        Require(answer.AuthenticatedAt == session.AuthenticatedAt, "A raise by a clock that is behind moved the time of authentication.");
        await run.MatchesAsync(answer, "A session raised by a clock that is behind");
    }

    private static async Task NeedsAReplacement(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        foreach (var renewal in new[] { null, SessionRenewal.Propose(NewHash(), run.Now, session) })
        {
            var change = new SessionChange { Raise = new SessionRaise(1, run.Now), Renewal = renewal, Set = Fields(("a", "1")) };
            await RequireThrowsAsync<ArgumentException>(
                async () => await run.Store.UpdateAsync(session, change, run.Token),
                "A raise without a replacement of the rotor was accepted.");
            await run.MatchesAsync(session, "A session after a raise without a replacement");
        }
    }
}
