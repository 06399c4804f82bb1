using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>What an application passes wrongly is refused, and nothing is written. The message says what happened and what to do.</summary>
public sealed class RefusalsOfASession
{
    private static readonly Dictionary<string, (Type Type, string[] Parts, Func<Session<ProbeStore>, ValueTask> Call)> s_cases = new()
    {
        ["fields that are null"] = Null(session => Done(session.UpdateAsync((JsonObject)null!))),
        ["fields that are no object"] = Argument(
            session => Done(session.UpdateAsync(JsonSerializer.SerializeToElement(1))), "Metadata must be one JSON object"),
        ["a value without its description"] = Null(session => Done(session.StartAsync(new object(), (JsonTypeInfo<object>)null!))),
        ["a description without a value"] = Null(
            session => Done(session.StartAsync((object)null!, JsonTypeInfo.CreateJsonTypeInfo<object>(JsonSerializerOptions.Default)))),
        ["metadata that is null"] = Null(session => Done(session.RaiseAsync(1, (JsonObject)null!))),
        ["no names"] = Null(session => Done(session.RemoveAsync((IEnumerable<string>)null!))),
        ["no other names"] = Null(session => Done(session.RemoveAsync("a", (string[])null!))),
        ["no function"] = Null(async session => await session.ModifyAsync<int>("a", null!)),
        ["no description of a field"] = Null(async session => await session.ModifyAsync<int>("a", static x => x, null!)),
        ["no options"] = Null(session => Done(session.StartAsync(null, null!))),
        ["a level of an anonymous session"] = Argument(
            session => Done(session.StartAsync(null, new SessionSignInOptions { AssuranceLevel = 1 })), "An anonymous session has no user"),
        ["a level over 255"] = Case<ArgumentOutOfRangeException>(
            session => Done(session.RaiseAsync(256)), "An assurance level must be between 0 and 255"),
        ["a negative level"] = Case<ArgumentOutOfRangeException>(
            session => Done(session.RaiseAsync(-1)), "An assurance level must be between 0 and 255"),
        ["two levels"] = Argument(
            session => Done(session.RaiseAsync(1, new SessionSignInOptions { AssuranceLevel = 2 })), "The level is the first argument"),
        ["a cookie without a name"] = Null(session => Done(() => session.SetCustomCookie(null!, "x"))),
        ["a cookie's name with a space"] = Argument(
            session => Done(() => session.SetCustomCookie("a b", "x")), "A cookie's name has only the characters of an HTTP token"),
        ["the session's own cookie"] = Argument(
            session => Done(() => session.SetCustomCookie("__Host-sid", "x")), "does not bear a session cookie's name"),
        ["a cookie without a value"] = Null(session => Done(() => session.SetCustomCookie("a", null))),
        ["a protected cookie without a value"] = Null(session => Done(() => session.SetProtectedCookie("a", null))),
        ["a cookie with a lone surrogate"] = Argument(
            session => Done(() => session.SetCustomCookie("a", "\ud800")), "must be well-formed Unicode"),
        ["a protected cookie with a lone surrogate"] = Argument(
            session => Done(() => session.SetProtectedCookie("a", "\ud800")), "must be well-formed Unicode"),
        ["a cookie that browsers drop"] = Argument(
            session => Done(() => session.SetCustomCookie("a", new string('x', 4096))),
            "at most 4096 bytes together",
            "Keep the value in the session instead"),
        ["a session's cookie that nothing has verified"] = Case<InvalidOperationException>(
            session => Done(() => session.SetCookie()), "No session id was verified or issued in this request", "Call GetAsync, SetAsync"),
        ["fields that are too large"] = Argument(
            session => Done(session.UpdateAsync(new JsonObject { ["a"] = new string('x', 70_000) })),
            "would be larger than MaxRecordBytes (65536)",
            "Keep large data elsewhere"),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task SayWhatHappenedAndWhatToDo(string which)
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        await host.WhoAsync(id);
        var exchange = host.Request(id);
        int writes = Writes();
        var (type, parts, call) = s_cases[which];

        var refusal = await Assert.ThrowsAsync(type, async () => await call(exchange.Session));

        Assert.All(parts, part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
        Assert.Equal(writes, Writes());
        Assert.Empty(exchange.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(id));

        int Writes() => host.Store.Calls.Count(static made => made != "get");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    public async Task SpareTheLowestAndTheHighestLevel(int level)
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();

        Assert.True(await host.Request(id).Session.RaiseAsync(level));
    }

    [Fact]
    public void MeetTwoRequestsInOneSession()
    {
        var host = new SessionHost();
        var one = new DefaultHttpContext();
        var other = new DefaultHttpContext();

        var refusal = Assert.Throws<ArgumentException>(
            () => new Session<ProbeStore>(one.Request, other.Response, host.Store, host.Options));

        Assert.Contains("belong to different HttpContexts", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MeetTheUserIdOfAPendingSession()
    {
        var host = new SessionHost();
        var session = host.Request().Session;
        await session.SetPendingAsync("alice");
        var data = (await host.Request(session.SessionId).Session.GetAnyAsync())!;

        var refusal = Assert.Throws<InvalidOperationException>(() => data.UserId);

        Assert.Contains("Nobody is signed in to this session", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("A pending session has PendingUserId", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => data[null!]);
        Assert.Throws<ArgumentNullException>(() => data.Get<int>(null!));
        Assert.Throws<ArgumentNullException>(() => data.Get<int>("a", null!));
        Assert.Equal($"{data.Key} (Pending)", data.ToString());
        Assert.Equal("Session<ProbeStore>", session.ToString());
    }

    [Fact]
    public async Task MeetAProtectedCookieWithoutDataProtection()
    {
        var host = new SessionHost(options => options.DataProtectionProvider = null);

        var refusal = Assert.Throws<InvalidOperationException>(() => host.Request().Session.SetProtectedCookie("a", "x"));

        Assert.Contains("Protected cookies need Data Protection", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("SactSessionOptions.DataProtectionProvider", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await host.Request().Session.GetAsync());
    }

    [Fact]
    public async Task OfAModificationAreToldApart()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();

        var modified = await host.Request(id).Session.ModifyAsync<int>("n", static n => n + 1);
        var refused = await host.Request().Session.ModifyAsync<int>("n", static n => n + 1);

        Assert.Equal(("modified", "not modified"), (modified.ToString(), refused.ToString()));
    }

    [Fact]
    public async Task MeetAUserAtTheCap()
    {
        var host = new SessionHost(options => (options.MaxSessionsPerUser, options.MaxSessionsPolicy) = (1, SessionCapPolicy.Refuse));
        await host.SignInAsync();

        var refusal = await Assert.ThrowsAsync<SessionCapReachedException>(() => host.SignInAsync());

        Assert.Contains("as many sessions as MaxSessionsPerUser allows", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Catch this exception", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MeetVisitorsAtTheirLimit()
    {
        var host = new SessionHost(options => options.MaxAnonymousSessionsPerMinute = 1);
        await host.Request().Session.StartAsync();

        var refusal = await Assert.ThrowsAsync<AnonymousSessionLimitException>(
            async () => await host.Request().Session.StartAsync());

        Assert.Contains("MaxAnonymousSessionsPerMinute allows", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Limit the requests that begin one", refusal.Message, StringComparison.Ordinal);
    }

    private static ValueTask Done<T>(ValueTask<T> call) => new(call.AsTask());

    private static ValueTask Done(Action call)
    {
        call();
        return ValueTask.CompletedTask;
    }

    private static (Type, string[], Func<Session<ProbeStore>, ValueTask>) Case<T>(
        Func<Session<ProbeStore>, ValueTask> call, params string[] parts)
        where T : Exception => (typeof(T), parts, call);

    private static (Type, string[], Func<Session<ProbeStore>, ValueTask>) Argument(
        Func<Session<ProbeStore>, ValueTask> call, params string[] parts) => Case<ArgumentException>(call, parts);

    private static (Type, string[], Func<Session<ProbeStore>, ValueTask>) Null(Func<Session<ProbeStore>, ValueTask> call) =>
        Case<ArgumentNullException>(call);
}
