namespace Sact.Session.Analyzers.Tests;

/// <summary>SACT006.</summary>
public sealed class ForgottenAwaits
{
    [Theory]
    [InlineData("session.SetAsync(\"alice\");")]
    [InlineData("session.DeleteAsync();")]
    [InlineData("session.DeleteAsync().AsTask();")]
    [InlineData("session.GetAsync().ConfigureAwait(false);")]
    [InlineData("session?.DeleteAsync();")]
    [InlineData("_ = session.UpdateAsync(new { a = 1 });")]
    public async Task AreReported(string statement)
    {
        Assert.Equal([$"SACT006 {statement}"], await In("void", statement).AlarmsAsync());
        Assert.Equal([$"SACT006 {statement}"], await In("async Task", $"await Task.Yield(); {statement}").AlarmsAsync());
    }

    [Fact]
    public async Task AreReportedInACallback() => Assert.Equal(
        ["SACT006 session.DeleteAsync()"], await In("void", "CancellationToken.None.Register(() => session.DeleteAsync());").AlarmsAsync());

    [Theory]
    [InlineData("void", "session.SetCookie();")]
    [InlineData("Task", "return session.DeleteAsync().AsTask();")]
    [InlineData("async Task", "await session.DeleteAsync();")]
    [InlineData("async Task", "var task = session.DeleteAsync(); await task;")]
    [InlineData("void", "Func<ValueTask> later = () => session.DeleteAsync();")]
    [InlineData("void", "new Other().DeleteAsync();")]
    public async Task AreNotReportedWhereTheTaskIsUsed(string type, string statement) =>
        Assert.Empty(await In(type, statement).AlarmsAsync());

    [Theory]
    [InlineData("session.DeleteAsync();")]
    [InlineData("_ = session.DeleteAsync();")]
    public async Task AreAddedInAnAsyncMethod(string statement) => Assert.Equal(
        Program("/* now */ await session.DeleteAsync(); // out"),
        await Snippet.FixAsync(new AwaitTheCall(), Program($"/* now */ {statement} // out")));

    [Theory]
    [InlineData("void", "session.DeleteAsync();")]
    [InlineData("async Task", "await Task.Yield(); session?.DeleteAsync();")]
    [InlineData("async Task", "await Task.Yield(); Action later = () => session.DeleteAsync();")]
    public async Task AreNotAddedWhereTheyWouldNotCompile(string type, string statement) =>
        Assert.Empty(await In(type, statement).FixesAsync(new AwaitTheCall()));

    private static string Program(string statement) => $$"""
        using Sact.Session;
        WebApplication.Create().MapPost("/", async (ISactSession session) =>
        {
            {{statement}}
            return "out";
        });
        """;

    private static Snippet In(string type, string statement) => new($$"""
        class Handler { public {{type}} RunAsync(ISactSession session) { {{statement}} } }
        class Other { public ValueTask DeleteAsync() => default; }
        """) { IsLibrary = true };
}
