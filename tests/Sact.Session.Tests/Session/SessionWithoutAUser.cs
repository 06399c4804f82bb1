using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session.Tests;

/// <summary>An anonymous or pending session is never a user. User input never becomes a reserved field.</summary>
public sealed class SessionWithoutAUser
{
    [Theory]
    [Trait("abuse", "C14")]
    [InlineData(SessionState.Anonymous)]
    [InlineData(SessionState.Pending)]
    public async Task IsNullFalseOrEmptyInEveryMethodForUsers(SessionState state)
    {
        var host = new SessionHost();
        string alices = await host.SeenAsync("alice");
        string id = await BeginAsync(host, state);
        var fields = (await host.RecordOf(id))!.Fields;

        Assert.Null(await host.Request(id).Session.GetAsync());
        Assert.False(await host.Request(id).Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.False(await host.Request(id).Session.ModifyAsync<int>("n", n => n + 1));
        Assert.False(await host.Request(id).Session.RemoveAsync("n"));
        Assert.False(await host.Request(id).Session.RenewAsync());
        Assert.False(await host.Request(id).Session.RenewAsync(immediately: true));
        Assert.Empty(await host.Request(id).Session.GetActiveSessionsAsync());
        Assert.Equal(0, await host.Request(id).Session.DeleteOtherSessionsAsync());
        Assert.False(await host.Request(id).Session.DeleteSessionAsync(host.Store.GetSessionKey(alices)));
        Assert.Equal("alice", await host.WhoAsync(alices));
        var record = (await host.RecordOf(id))!;
        Assert.Same(fields, record.Fields);
        Assert.Null(record.PendingHash);
        Assert.Equal(0, record.Generation);

        // Ending all sessions signs out in every state, and does not affect other sessions.
        Assert.Equal(0, await host.Request(id).Session.DeleteAllSessionsAsync());
        Assert.Null(await host.RecordOf(id));
        Assert.Equal("alice", await host.WhoAsync(alices));
    }

    [Theory]
    [Trait("abuse", "C14")]
    [InlineData(SessionState.Anonymous)]
    [InlineData(SessionState.Pending)]
    public async Task IsVisibleOnlyThroughGetAny(SessionState state)
    {
        var host = new SessionHost();
        var data = await host.Request(await BeginAsync(host, state)).Session.GetAnyAsync();

        Assert.Equal(state, data!.State);
        Assert.Throws<InvalidOperationException>(() => data.UserId);
        Assert.Equal(state == SessionState.Pending ? "alice" : null, data.PendingUserId);
        Assert.False(data.IsFresh(TimeSpan.MaxValue));
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task IsAbsentFromTheListOfDevices()
    {
        var host = new SessionHost();
        string alices = await host.SeenAsync("alice");
        await BeginAsync(host, SessionState.Pending);
        await BeginAsync(host, SessionState.Anonymous);

        var device = Assert.Single(await host.Request(alices).Session.GetActiveSessionsAsync());

        Assert.Equal(host.Store.GetSessionKey(alices), device.Key);
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task EndsWithTheUsersOtherSessionsWhileItIsPending()
    {
        // After a password change, nobody can complete a pending sign-in.
        var host = new SessionHost();
        string alices = await host.SeenAsync("alice");
        string pending = await BeginAsync(host, SessionState.Pending);

        Assert.Equal(1, await host.Request(alices).Session.DeleteOtherSessionsAsync());
        Assert.Null(await host.Request(pending).Session.GetAnyAsync());
    }

    [Theory]
    [Trait("abuse", "C14")]
    [InlineData(SessionState.Anonymous)]
    [InlineData(SessionState.Pending)]
    public async Task IsEndedBySigningInAndBySigningOut(SessionState state)
    {
        var host = new SessionHost();
        string one = await BeginAsync(host, state);
        var login = host.Request(one);
        await login.Session.SetAsync("bob");
        Assert.Null(await host.RecordOf(one));
        Assert.Equal("bob", await host.WhoAsync(login.SentId));

        string other = await BeginAsync(host, state);
        await host.Request(other).Session.DeleteAsync();
        Assert.Null(await host.RecordOf(other));
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task StartingOverALiveSessionChangesNothing()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice");
        var exchange = host.Request(id);

        Assert.False(await exchange.Session.StartAsync(new() { ["n"] = 1 }));

        Assert.Empty(exchange.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(id));
    }

    [Theory]
    [Trait("abuse", "C16")]
    [InlineData("$claims")]
    [InlineData("$http.cart")]
    [InlineData("$")]
    public async Task UserInputCannotWriteAReservedField(string name)
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice", new() { ["role"] = "user" });
        var input = JsonDocument.Parse($$"""{ "theme": "dark", "{{name}}": "admin" }""").RootElement;
        var typed = new Dictionary<string, string> { ["theme"] = "dark", [name] = "admin" };
        var info = (JsonTypeInfo<Dictionary<string, string>>)JsonSerializerOptions.Default.GetTypeInfo(typeof(Dictionary<string, string>));

        await Refused(session => session.SetAsync("alice", new() { [name] = 1 }));
        await Refused(session => session.SetAsync("alice", input));
        await Refused(session => session.SetAsync("alice", typed, info));
        await Refused(async session => await session.StartAsync(new() { [name] = 1 }));
        await Refused(async session => await session.UpdateAsync(new() { ["theme"] = "dark", [name] = 1 }));
        await Refused(async session => await session.UpdateAsync(input));
        await Refused(async session => await session.UpdateAsync(typed, info));
        await Refused(async session => await session.ModifyAsync<int>(name, n => n + 1));
        await Refused(async session => await session.RemoveAsync(name));

        // The refusal comes before any change: the session is live, and no part of the input was stored.
        Assert.Equal(["role"], (await host.RecordOf(id))!.Fields.Select(field => field.Key));

        async Task Refused(Func<Session<ProbeStore>, ValueTask> call)
        {
            host.Store.Reset();
            await Assert.ThrowsAsync<ArgumentException>(async () => await call(host.Request(id).Session));
            Assert.Empty(host.Store.Calls);
        }
    }

    [Fact]
    [Trait("abuse", "C16")]
    public async Task AReservedFieldIsNotShown()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice", new() { ["role"] = "user" });
        var record = (await host.RecordOf(id))!;
        var claims = SessionFields.Create([new("$claims", "\"x\""u8.ToArray())]);
        await host.Memory.UpdateAsync(record, new SessionChange { Set = claims });

        var me = (await host.Request(id).Session.GetAsync())!;

        Assert.Equal(["role"], me.Fields.Select(field => field.Key));
        Assert.Null(me["$claims"]);
        Assert.True((await host.RecordOf(id))!.Fields.Contains("$claims"));
    }

    private static async Task<string> BeginAsync(SessionHost host, SessionState state)
    {
        if (state == SessionState.Pending)
        {
            return await Handmade.PendingAsync(host, "alice");
        }

        var exchange = host.Request();
        Assert.True(await exchange.Session.StartAsync(new() { ["userId"] = "alice", ["n"] = 7 }));
        return exchange.SentId!;
    }
}
