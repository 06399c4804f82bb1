namespace Sact.Session.Analyzers.Tests;

/// <summary>SACT002 and SACT008.</summary>
public sealed class IgnoredResults
{
    [Theory]
    [InlineData("await session.RaiseAsync(2);")]
    [InlineData("await session.RaiseAsync(2).ConfigureAwait(false);")]
    [InlineData("await session.RaiseAsync(2).AsTask();")]
    [InlineData("await session.RaiseAsync(2, new { at = 1 });")]
    public async Task OfAStepUpAreReported(string statement) => Assert.Equal([$"SACT002 {statement}"], await In(statement).AlarmsAsync());

    [Theory]
    [InlineData("await session.UpdateAsync(new() { [\"a\"] = 1 });")]
    [InlineData("await session.UpdateAsync(new { a = 1 });")]
    [InlineData("await session.ModifyAsync<int>(\"a\", n => n + 1);")]
    [InlineData("await session.RemoveAsync(\"a\");")]
    [InlineData("await session.RenewAsync(immediately: true);")]
    public async Task OfOtherWritesAreHints(string statement) => Assert.Equal([$"SACT008 {statement}"], await In(statement).AlarmsAsync());

    [Theory]
    [InlineData("if (!await session.RaiseAsync(2)) return;")]
    [InlineData("_ = await session.RaiseAsync(2);")]
    [InlineData("bool isDone = await session.UpdateAsync(new() { [\"a\"] = 1 });")]
    [InlineData("int n = (await session.ModifyAsync<int>(\"a\", n => n + 1)).Value;")]
    [InlineData("await session.SetAsync(\"alice\");")]
    [InlineData("await session.StartAsync();")]
    [InlineData("await session.DeleteSessionAsync(session.GetKey());")]
    [InlineData("await session.DeleteOtherSessionsAsync();")]
    [InlineData("Func<Task<bool>> later = async () => await session.RaiseAsync(2);")]
    [InlineData("await new Other().RaiseAsync(2);")]
    public async Task ThatAreUsedOrSayNothingAreNotReported(string statement) => Assert.Empty(await In(statement).AlarmsAsync());

    [Fact]
    public async Task OfAClassThatIsTheSessionAreReported() => Assert.Equal(
        ["SACT002 await session.RaiseAsync(2);"],
        await new Snippet("class A { async Task B(Session<MemoryStore> session) { await session.RaiseAsync(2); } }") { IsLibrary = true }
            .AlarmsAsync());

    [Fact]
    public async Task AreReportedInALambdaThatReturnsNothing() => Assert.Equal(
        ["SACT002 await session.RaiseAsync(2)"], await In("Func<Task> later = async () => await session.RaiseAsync(2);").AlarmsAsync());

    private static Snippet In(string statement) => new($$"""
        class Handler { public async Task RunAsync(ISactSession session) { await Task.Yield(); {{statement}} } }
        class Other { public Task<bool> RaiseAsync(int level) => Task.FromResult(level > 0); }
        """) { IsLibrary = true };
}
