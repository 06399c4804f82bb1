namespace Sact.Session.Stores.Tests;

public sealed class TheSuite
{
    [Fact]
    public void NamesEachCaseOnceAndSaysItsRule()
    {
        Assert.Equal(
            StoreContractSuite.Cases.Count, StoreContractSuite.Cases.Select(@case => @case.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(StoreContractSuite.Cases, @case =>
        {
            Assert.Matches("^[A-Z][A-Za-z]+\\.[A-Z][A-Za-z]+$", @case.Name);
            Assert.Equal(@case.Name, @case.ToString());
            Assert.EndsWith(".", @case.Rule, StringComparison.Ordinal);
            Assert.All(@case.Abuse, abuse => Assert.Matches("^[A-K][0-9]+$", abuse));
        });
    }

    [Fact]
    public async Task SaysWhyACaseDoesNotApply()
    {
        await using var subject = new MemorySubject();
        var @case = StoreContractSuite.Cases.Single(candidate => candidate.Name == "Clock.HandlesMayDisagree");

        var reason = await Assert.ThrowsAsync<StoreContractNotApplicableException>(
            () => @case.RunAsync(subject, TestContext.Current.CancellationToken));

        Assert.Contains("do not share data", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesTheInnermostCauseOfWhatAStoreThrows()
    {
        await using var subject = new DictionarySubject((options, data) => new StoreOutOfReach(options, data));
        var @case = ContractRows.Named("Creation.NeverOverwrites");

        var ofACase = await Assert.ThrowsAsync<StoreContractException>(
            () => @case.RunAsync(subject, TestContext.Current.CancellationToken));
        var ofCommands = await Assert.ThrowsAsync<StoreContractException>(
            () => StoreContractModel.RunAsync(subject, seed: 1, commands: 50, TestContext.Current.CancellationToken));

        Assert.All([ofACase, ofCommands], fault => Assert.Contains(
            "The store cannot be reached. The cause is IOException: No route to host.", fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ReplaysTheSameCommandsFromTheSameSeed()
    {
        async Task<string> FaultAsync()
        {
            await using var subject = new DictionarySubject((options, data) => new BrokenStores.BreaksTiesAnyhow(options, data));
            var fault = await Assert.ThrowsAsync<StoreContractException>(
                () => StoreContractModel.RunAsync(subject, seed: 7, commands: 5000, TestContext.Current.CancellationToken));
            return fault.Message;
        }

        Assert.Equal(await FaultAsync(), await FaultAsync());
    }

    [Fact]
    public void ClockAdvancesBothAndJumpsOne()
    {
        var clock = new StoreContractClock(StoreContractClock.DefaultStart);
        long before = clock.GetTimestamp();

        clock.Advance(TimeSpan.FromSeconds(3));
        clock.Jump(TimeSpan.FromHours(-1));

        Assert.Equal(TimeSpan.FromSeconds(3), clock.GetElapsedTime(before));
        Assert.Equal(StoreContractClock.DefaultStart.AddSeconds(3).AddHours(-1), clock.GetUtcNow());
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.Advance(TimeSpan.FromTicks(-1)));
    }

    private sealed class StoreOutOfReach(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
    {
        protected override SessionCreation Create(SessionRecord session, SessionCap? cap) => throw new SessionStoreException(
            "The store cannot be reached.", new InvalidOperationException("The pool is empty.", new IOException("No route to host.")));
    }
}
