using Sact.Session.Faults;

namespace Sact.Session.Stores.Tests;

public sealed class AHistoryInWhichAllIsRight
{
    [Fact]
    public void IsAccepted()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.SignIn("alice", "b");
        history.SignIn("bob", "c");
        history.Update("a", "1");
        history.Write(Verb.Increment, "a");
        history.Read("a", ("f", "1"), ("counter", "1"));
        history.List("a", "a", "b");
        history.Write(Verb.SignOut, "a");
        history.Absent("a");
        history.List("b", "b");
        history.Accepted(Verb.EndAll, "b", end => end with { Number = 1 });
        history.Absent("b");
        history.Read("c");
        history.Fault();
        history.Read("c");

        var result = history.Holds();

        Assert.Equal(0, result.Losses.Total);
        Assert.Equal(0.5 + 1, Assert.Single(result.Recoveries).FirstAnswer);
    }

    [Fact]
    public void IsTheSameAfterItWasSaved()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.Fault(fault => fault with { LosesFrom = 0, LosesUntil = fault.Until });
        history.Absent("a");
        history.SignIn("alice", "b");
        history.Write(Verb.SignOut, "b");
        history.Read("b");
        string path = Path.Combine(Directory.CreateTempSubdirectory("sact-history-").FullName, "h.jsonl");
        history.History.Run = new RunDescription("redis", 7, 1.5);
        history.History.Save(path);

        var loaded = History.Load(path);
        var result = new HistoryChecker(loaded).Check();

        Assert.Equal(history.History.Run, loaded.Run);
        Assert.Equal(history.Check().Violations, result.Violations);
        Assert.Equal(Violation.AcceptedAfterEnd, Assert.Single(result.Violations).Rule);
        Assert.Single(result.Losses.SignIns);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
}

public sealed class AHistoryWithAnEndThatDoesNotHold
{
    [Fact]
    public void IsRefusedIfASessionIsAcceptedAfterItsSignOut()
    {
        var history = SignedIn();
        history.Write(Verb.SignOut, "a");
        history.Read("a");
        history.Breaks(Violation.AcceptedAfterEnd);
    }

    [Theory]
    [InlineData(Verb.Update)]
    [InlineData(Verb.Increment)]
    public void IsRefusedIfASessionIsChangedAfterItsSignOut(Verb verb)
    {
        var history = SignedIn();
        history.Write(Verb.SignOut, "a");
        history.Write(verb, "a", write => write with { Field = "f", Value = "1" });
        history.Breaks(Violation.AcceptedAfterEnd);
    }

    [Fact]
    public void IsRefusedIfASessionIsListedAfterItsSignOut()
    {
        var history = SignedIn();
        history.Write(Verb.SignOut, "a");
        history.List("b", "a", "b");
        history.Breaks(Violation.AcceptedAfterEnd);
    }

    [Theory]
    [InlineData(Verb.EndAll)]
    [InlineData(Verb.EndOthers)]
    public void IsRefusedIfASessionIsAcceptedAfterAnotherOneHasEndedIt(Verb verb)
    {
        var history = SignedIn();
        history.Accepted(verb, "b", end => end with { Number = 1 });
        history.Read("a");
        history.Breaks(Violation.AcceptedAfterEnd);
    }

    [Fact]
    public void IsRefusedIfASessionIsAcceptedAfterASignInThatReplacedIt()
    {
        var history = SignedIn();
        history.SignIn("alice", "c", signIn => signIn with { Key = "a" });
        history.Read("a");
        history.Breaks(Violation.AcceptedAfterEnd);
    }

    [Fact]
    public void IsRefusedIfTheSignOutCameBeforeTheFaultThatLosesWrites()
    {
        var history = SignedIn();
        history.Write(Verb.SignOut, "a");
        history.Fault(fault => fault with { LosesFrom = fault.From, LosesUntil = fault.Until, LosesEnds = true });
        history.Read("a");
        history.Breaks(Violation.AcceptedAfterEnd);
    }

    [Fact]
    public void IsRefusedIfTheStoreHasLostEverythingAndTheSessionIsBack()
    {
        var history = SignedIn();
        history.Write(Verb.SignOut, "a");
        history.Fault(fault => fault with { LosesFrom = 0, LosesUntil = fault.Until });
        history.Read("a");
        history.Breaks(Violation.AcceptedAfterEnd);
    }

    [Fact]
    public void IsCountedIfTheFaultMayLoseIt()
    {
        var history = SignedIn();
        var end = history.Write(Verb.SignOut, "a");
        history.Fault(fault => fault with { LosesFrom = end.From, LosesUntil = fault.Until, LosesEnds = true });
        history.Read("a");

        Assert.Equal(end.Id, Assert.Single(history.Holds().Losses.Ends));
    }

    [Theory]
    [InlineData(Outcome.Failed)]
    [InlineData(Outcome.Unknown)]
    public void IsAcceptedIfTheEndWasNotAcknowledged(Outcome outcome)
    {
        var history = SignedIn();
        history.Write(Verb.SignOut, "a", end => end with { Outcome = outcome });
        history.Read("a");
        history.Holds();
    }

    [Fact]
    public void IsAcceptedIfTheReadBeganBeforeTheAcknowledgement()
    {
        var history = SignedIn();
        var end = history.Write(Verb.SignOut, "a");
        history.Accepted(Verb.Read, "a", read => read with { From = end.Until - 1 });
        history.Holds();
    }

    [Fact]
    public void IsAcceptedIfTheEndOfAllFoundNobodySignedIn()
    {
        var history = SignedIn();
        history.Accepted(Verb.EndAll, "b");
        history.Read("a");
        history.Holds();
    }

    [Fact]
    public void IsAcceptedIfTheCookieOfTheSignOutMayHaveBeenReplaced()
    {
        var history = SignedIn();
        history.Accepted(Verb.Renew, "a", renewal => renewal with { NewKey = "a", NewRotor = 1 });
        history.Write(Verb.SignOut, "a");
        history.Accepted(Verb.Read, "a", read => read with { Rotor = 1 });
        history.Holds();
    }

    private static HandMadeHistory SignedIn()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.SignIn("alice", "b");
        return history;
    }
}

public sealed class AHistoryWithALostSignIn
{
    [Fact]
    public void IsRefused()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.Absent("a");
        history.Breaks(Violation.LostSignIn);
    }

    [Fact]
    public void IsRefusedIfAListLacksIt()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.SignIn("alice", "b");
        history.List("b", "b");
        history.Breaks(Violation.IncompleteList);
    }

    [Fact]
    public void IsRefusedIfTheFaultLosesOnlyLaterWrites()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.Fault(fault => fault with { LosesFrom = fault.From, LosesUntil = fault.Until });
        history.Absent("a");
        history.Breaks(Violation.LostSignIn);
    }

    [Fact]
    public void IsRefusedIfASignOutHasFailedForCertain()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.Write(Verb.SignOut, "a", end => end with { Outcome = Outcome.Failed });
        history.Absent("a");
        history.Breaks(Violation.LostSignIn);
    }

    [Fact]
    public void IsRefusedIfARenewedCookieIsNotAccepted()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.Accepted(Verb.Renew, "a", renewal => renewal with { NewKey = "a", NewRotor = 1 });
        history.Absent("a", read => read with { Rotor = 1 });
        history.Breaks(Violation.LostSignIn);
    }

    [Fact]
    public void IsRefusedIfTheOlderCookieIsNotAcceptedInItsGrace()
    {
        var history = Renewed();
        history.Absent("a");
        history.Breaks(Violation.LostSignIn);
    }

    [Fact]
    public void IsAcceptedIfTheGraceOfTheOlderCookieIsOver()
    {
        var history = Renewed();
        history.Wait(31);
        history.Absent("a");
        history.Holds();
    }

    [Fact]
    public void IsAcceptedIfTheIdWasReplacedAtOnce()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.Accepted(Verb.EndOthers, "a", end => end with { Immediately = true, NewKey = "a", NewRotor = 1 });
        history.Absent("a");
        history.Holds();
    }

    [Theory]
    [InlineData(Outcome.Done)]
    [InlineData(Outcome.Unknown)]
    public void IsAcceptedIfSomethingMayHaveEndedIt(Outcome outcome)
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.SignIn("alice", "b");
        history.Accepted(Verb.EndAll, "b", end => end with { Outcome = outcome });
        history.Absent("a");
        history.Holds();
    }

    [Fact]
    public void IsAcceptedIfTheSignInWasNotAcknowledged()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a", signIn => signIn with { Outcome = Outcome.Unknown });
        history.Absent("a");
        history.Holds();
    }

    [Fact]
    public void IsAcceptedWhileAnswersProveNothingAndRefusedAfterwards()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        var fault = history.Fault(fault => fault with { IsDoubtful = true });
        history.Absent("a", read => read with { From = fault.Until - 1 });
        history.Holds();

        history.Absent("a");

        history.Breaks(Violation.LostSignIn);
    }

    [Fact]
    public void IsCountedIfTheFaultMayLoseIt()
    {
        var history = new HandMadeHistory();
        var signIn = history.SignIn("alice", "a");
        history.SignIn("alice", "b");
        history.Fault(fault => fault with { LosesFrom = 0, LosesUntil = signIn.Until });
        history.Absent("a");
        history.List("b", "b");

        Assert.Equal(signIn.Id, Assert.Single(history.Holds().Losses.SignIns));
    }

    private static HandMadeHistory Renewed()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.Accepted(Verb.Renew, "a", renewal => renewal with { NewKey = "a", NewRotor = 1 });
        history.Accepted(Verb.Read, "a", read => read with { Rotor = 1 });
        return history;
    }
}

public sealed class AHistoryWithAWrongUpdate
{
    [Fact]
    public void IsRefusedIfTheValueIsNotThere()
    {
        var history = SignedIn();
        history.Update("a", "1");
        history.Read("a");
        history.Breaks(Violation.LostUpdate);
    }

    [Fact]
    public void IsRefusedIfAnOlderValueIsThere()
    {
        var history = SignedIn();
        history.Update("a", "1");
        history.Update("a", "2");
        history.Read("a", ("f", "1"));
        history.Breaks(Violation.LostUpdate);
    }

    [Fact]
    public void IsRefusedIfAnIncrementIsMissing()
    {
        var history = SignedIn();
        history.Write(Verb.Increment, "a");
        history.Write(Verb.Increment, "a", one => one with { From = one.From - 900_000, Client = 1 });
        history.Read("a", ("counter", "1"));
        history.Breaks(Violation.LostUpdate);
    }

    [Fact]
    public void IsRefusedIfAnIncrementHappenedTwice()
    {
        var history = SignedIn();
        history.Write(Verb.Increment, "a");
        history.Read("a", ("counter", "2"));
        history.Breaks(Violation.TooManyIncrements);
    }

    [Fact]
    public void IsRefusedIfAWriteThatFailedIsSeen()
    {
        var history = SignedIn();
        history.Update("a", "1", Outcome.Failed);
        history.Write(Verb.Increment, "a", one => one with { Outcome = Outcome.Failed });
        history.Read("a", ("f", "1"));
        history.Breaks(Violation.RefusedUpdate);
    }

    [Fact]
    public void IsRefusedIfAWriteIsSeenBeforeItBegan()
    {
        var history = SignedIn();
        history.Read("a", ("f", "1"));
        history.Update("a", "1");
        history.Breaks(Violation.RefusedUpdate);
    }

    [Fact]
    public void IsAcceptedIfAWriteOfUnknownOutcomeIsSeenOrNot()
    {
        var history = SignedIn();
        history.Update("a", "1");
        history.Update("a", "2", Outcome.Unknown);
        history.Write(Verb.Increment, "a", one => one with { Outcome = Outcome.Unknown });
        history.Read("a", ("f", "1"), ("counter", "1"));
        history.Read("a", ("f", "2"), ("counter", "0"));
        history.Holds();
    }

    [Fact]
    public void IsAcceptedIfTheReadRanBesideTheWrite()
    {
        var history = SignedIn();
        history.Update("a", "1");
        var second = history.Update("a", "2");
        history.Accepted(Verb.Read, "a", read => read with { From = second.From - 1, Until = second.From + 1 }, ("f", "2"));
        history.Accepted(Verb.Read, "a", read => read with { From = second.Until - 1 }, ("f", "1"));
        history.Holds();
    }

    [Fact]
    public void IsCountedIfTheFaultMayLoseIt()
    {
        var history = SignedIn();
        history.Update("a", "1");
        var lost = history.Update("a", "2");
        var increment = history.Write(Verb.Increment, "a");
        history.Fault(fault => fault with { LosesFrom = lost.From, LosesUntil = fault.Until, LosesEnds = true });
        history.Read("a", ("f", "1"));

        Assert.Equal([lost.Id, increment.Id], history.Holds().Losses.Updates.Order());
    }

    [Fact]
    public void IsRefusedIfTheFaultLosesLessThanWhatIsMissing()
    {
        var history = SignedIn();
        history.Update("a", "1");
        history.Update("a", "2");
        var lost = history.Update("a", "3");
        history.Fault(fault => fault with { LosesFrom = lost.From, LosesUntil = fault.Until, LosesEnds = true });
        history.Read("a", ("f", "1"));
        history.Breaks(Violation.LostUpdate);
    }

    private static HandMadeHistory SignedIn()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        return history;
    }
}

public sealed class AHistoryInWhichAUserSeesAnother
{
    [Fact]
    public void IsRefusedIfTheUserIsAnother()
    {
        var history = SignedIn();
        history.Accepted(Verb.Read, "a", read => read with { SeenUser = "bob" });
        history.Breaks(Violation.OtherUser);
    }

    [Theory]
    [InlineData("owner", "bob")]
    [InlineData("sign-in", "2")]
    [InlineData("f", "never written")]
    public void IsRefusedIfTheDataIsAnothers(string field, string value)
    {
        var history = SignedIn();
        history.Read("a", (field, value));
        history.Breaks(Violation.OtherUser);
    }

    [Theory]
    [InlineData("b", "alice", "alice")]
    [InlineData("x", "bob", null)]
    [InlineData("x", "alice", "bob")]
    public void IsRefusedIfAListHasAnothersSession(string key, string user, string? owner)
    {
        var history = SignedIn();
        history.Accepted(
            Verb.List,
            "a",
            list => list with { Listed = [new ListedDevice("a", "alice", "alice"), new ListedDevice(key, user, owner)] });
        history.Breaks(Violation.OtherUser);
    }

    [Fact]
    public void IsRefusedEvenWhileAnswersProveNothing()
    {
        var history = SignedIn();
        var fault = history.Fault(fault => fault with { IsDoubtful = true });
        history.Accepted(Verb.Read, "a", read => read with { From = fault.From, Until = fault.Until, SeenUser = "bob" });
        history.Breaks(Violation.OtherUser);
    }

    private static HandMadeHistory SignedIn()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.SignIn("bob", "b");
        history.Update("b", "of bob");
        return history;
    }
}

public sealed class AHistoryWithoutARecovery
{
    [Fact]
    public void IsRefusedIfOneProcessNeverWorksAgain()
    {
        var history = SignedIn();
        history.Fault();
        history.Accepted(Verb.Read, "a");
        history.Wait(20);
        history.Accepted(Verb.Read, "a");
        history.Breaks(Violation.NoRecovery);
    }

    [Fact]
    public void IsRefusedIfTheFirstAnswerIsLate()
    {
        var history = SignedIn();
        history.Fault();
        history.Wait(5);
        history.Read("a");
        history.Accepted(Verb.Read, "a", read => read with { Process = 1 });
        history.Breaks(Violation.NoRecovery);
    }

    [Fact]
    public void IsRefusedIfACallFailsLongAfterTheFault()
    {
        var history = SignedIn();
        history.Fault();
        history.Read("a");
        history.Accepted(Verb.Read, "a", read => read with { Process = 1 });
        history.Wait(5);
        history.Write(Verb.Renew, "a", renewal => renewal with { Outcome = Outcome.Failed });
        history.Breaks(Violation.NoRecovery);
    }

    [Fact]
    public void IsAcceptedIfTheStoreCouldNotKnowOfTheFault()
    {
        var history = SignedIn();
        history.Fault(fault => fault with { Allowance = 5 });
        history.Wait(5);
        history.Read("a");
        history.Accepted(Verb.Read, "a", read => read with { Process = 1 });
        history.Holds();
    }

    [Fact]
    public void IsAcceptedIfTheNextFaultCameAtOnce()
    {
        var history = SignedIn();
        history.Fault();
        history.Fault();
        history.Read("a");
        history.Accepted(Verb.Read, "a", read => read with { Process = 1 });
        history.Holds();
    }

    [Fact]
    public void OrWithAnExceptionThatIsNoFaultOfTheStoreIsRefused()
    {
        var history = SignedIn();
        history.Write(Verb.Renew, "a", renewal => renewal with { Outcome = Outcome.Broken });
        history.Breaks(Violation.Broken);
    }

    private static HandMadeHistory SignedIn()
    {
        var history = new HandMadeHistory();
        history.SignIn("alice", "a");
        history.Accepted(Verb.Read, "a", read => read with { Process = 1 });
        return history;
    }
}
