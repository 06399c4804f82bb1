namespace Sact.Session.Analyzers.Tests;

/// <summary>SACT003.</summary>
public sealed class CookiesInHubs
{
    [Theory]
    [InlineData("SetAsync(\"alice\")")]
    [InlineData("SetPendingAsync(\"alice\")")]
    [InlineData("StartAsync()")]
    [InlineData("DeleteAsync()")]
    [InlineData("DeleteAllSessionsAsync()")]
    [InlineData("DeleteOtherSessionsAsync(renewCurrent: true)")]
    public async Task AreReported(string call) => Assert.Equal(
        [$"SACT003 Session.{call}"], await Hub($"await Session.{call};").AlarmsAsync());

    [Theory]
    [InlineData("RenewAsync()")]
    [InlineData("RaiseAsync(2)")]
    public async Task AreReportedThoughTheResultIsUsed(string call) => Assert.Equal(
        [$"SACT003 Session.{call}"], await Hub($"if (!await Session.{call}) return;").AlarmsAsync());

    [Theory]
    [InlineData("SetCookie()")]
    [InlineData("SetCustomCookie(\"a\", \"b\")")]
    [InlineData("SetProtectedCookie(\"a\", \"b\")")]
    public async Task OfTheApplicationAreReported(string call) => Assert.Equal(
        [$"SACT003 Session.{call}"], await Hub($"Session.{call};").AlarmsAsync());

    [Fact]
    public async Task AreReportedInALambdaOfAHub() => Assert.Equal(
        ["SACT003 Session.DeleteAsync()"], await Hub("Func<Task> later = async () => await Session.DeleteAsync();").AlarmsAsync());

    [Theory]
    [InlineData("await Session.GetAsync();")]
    [InlineData("await Session.DeleteOtherSessionsAsync();")]
    [InlineData("if (!await Session.UpdateAsync(new { a = 1 })) return;")]
    [InlineData("await Session.DeleteSessionAsync(Session.GetKey());")]
    public async Task AreNotWhatIsReadOrStored(string statement) => Assert.Empty(await Hub(statement).AlarmsAsync());

    [Fact]
    public async Task AreAllowedInRequests() => Assert.Empty(await new Snippet(
        "class Page(ISactSession session) { public async Task OutAsync() => await session.DeleteAsync(); }")
    {
        IsLibrary = true,
    }.AlarmsAsync());

    private static Snippet Hub(string statement) => new($$"""
        interface IClient;
        abstract class Signed : Microsoft.AspNetCore.SignalR.Hub<IClient> { protected ISactSession Session => null!; }
        class Chat : Signed { public async Task RunAsync() { await Task.Yield(); {{statement}} } }
        """) { IsLibrary = true };
}
