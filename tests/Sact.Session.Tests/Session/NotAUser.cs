using System.Text.Json;

namespace Sact.Session.Tests;

/// <summary>An anonymous or a pending session is never a user, anywhere. And no user input is the library's.</summary>
public sealed class NotAUser
{
    [Theory]
    [Trait("abuse", "C14")]
    [InlineData(SessionState.Anonymous)]
    [InlineData(SessionState.Pending)]
    public async Task IsNullFalseOrEmptyToEveryMethodThatIsForUsers(SessionState state)
    {
        var bed = new Bed();
        string alices = await bed.SeenAsync("alice");
        string id = await BeginAsync(bed, state);
        var fields = (await bed.RecordOf(id))!.Fields;

        Assert.Null(await bed.Request(id).Session.GetAsync());
        Assert.False(await bed.Request(id).Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.False(await bed.Request(id).Session.ModifyAsync<int>("n", n => n + 1));
        Assert.False(await bed.Request(id).Session.RemoveAsync("n"));
        Assert.False(await bed.Request(id).Session.RenewAsync());
        Assert.False(await bed.Request(id).Session.RenewAsync(immediately: true));
        Assert.Empty(await bed.Request(id).Session.GetActiveSessionsAsync());
        Assert.Equal(0, await bed.Request(id).Session.DeleteOtherSessionsAsync());
        Assert.False(await bed.Request(id).Session.DeleteSessionAsync(bed.Store.GetSessionKey(alices)));
        Assert.Equal("alice", await bed.WhoAsync(alices));
        var record = (await bed.RecordOf(id))!;
        Assert.Same(fields, record.Fields);
        Assert.Null(record.PendingHash);
        Assert.Equal(0, record.Generation);

        // Signing out everywhere is signing out, whatever the state, and nobody else's sessions are touched by it.
        Assert.Equal(0, await bed.Request(id).Session.DeleteAllSessionsAsync());
        Assert.Null(await bed.RecordOf(id));
        Assert.Equal("alice", await bed.WhoAsync(alices));
    }

    [Theory]
    [Trait("abuse", "C14")]
    [InlineData(SessionState.Anonymous)]
    [InlineData(SessionState.Pending)]
    public async Task IsSeenForWhatItIsByGetAnyOnly(SessionState state)
    {
        var bed = new Bed();
        var data = await bed.Request(await BeginAsync(bed, state)).Session.GetAnyAsync();

        Assert.Equal(state, data!.State);
        Assert.Throws<InvalidOperationException>(() => data.UserId);
        Assert.Equal(state == SessionState.Pending ? "alice" : null, data.PendingUserId);
        Assert.False(data.IsFresh(TimeSpan.MaxValue));
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task IsAbsentFromTheUsersListOfDevices()
    {
        var bed = new Bed();
        string alices = await bed.SeenAsync("alice");
        await BeginAsync(bed, SessionState.Pending);
        await BeginAsync(bed, SessionState.Anonymous);

        var device = Assert.Single(await bed.Request(alices).Session.GetActiveSessionsAsync());

        Assert.Equal(bed.Store.GetSessionKey(alices), device.Key);
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task EndsWithTheUsersOthersWhileItIsPending()
    {
        // After a change of password nobody goes on with a half-finished sign-in.
        var bed = new Bed();
        string alices = await bed.SeenAsync("alice");
        string pending = await BeginAsync(bed, SessionState.Pending);

        Assert.Equal(1, await bed.Request(alices).Session.DeleteOtherSessionsAsync());
        Assert.Null(await bed.Request(pending).Session.GetAnyAsync());
    }

    [Theory]
    [Trait("abuse", "C14")]
    [InlineData(SessionState.Anonymous)]
    [InlineData(SessionState.Pending)]
    public async Task IsEndedBySigningInAndBySigningOut(SessionState state)
    {
        var bed = new Bed();
        string one = await BeginAsync(bed, state);
        var login = bed.Request(one);
        await login.Session.SetAsync("bob");
        Assert.Null(await bed.RecordOf(one));
        Assert.Equal("bob", await bed.WhoAsync(login.SentId));

        string other = await BeginAsync(bed, state);
        await bed.Request(other).Session.DeleteAsync();
        Assert.Null(await bed.RecordOf(other));
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task StartingOverALiveSessionChangesNothing()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync("alice");
        var exchange = bed.Request(id);

        Assert.False(await exchange.Session.StartAsync(new() { ["n"] = 1 }));

        Assert.Empty(exchange.SetCookies);
        Assert.Equal("alice", await bed.WhoAsync(id));
    }

    [Theory]
    [Trait("abuse", "C16")]
    [InlineData("$claims")]
    [InlineData("$http.cart")]
    [InlineData("$")]
    public async Task UserInputCannotWriteAFieldOfTheLibrarys(string name)
    {
        var bed = new Bed();
        string id = await bed.SeenAsync("alice", new() { ["role"] = "user" });
        var input = JsonDocument.Parse($$"""{ "theme": "dark", "{{name}}": "admin" }""").RootElement;
        var typed = new Dictionary<string, string> { ["theme"] = "dark", [name] = "admin" };
        var info = (System.Text.Json.Serialization.Metadata.JsonTypeInfo<Dictionary<string, string>>)JsonSerializerOptions.Default.GetTypeInfo(typeof(Dictionary<string, string>));

        await Refused(session => session.SetAsync("alice", new() { [name] = 1 }));
        await Refused(session => session.SetAsync("alice", input));
        await Refused(session => session.SetAsync("alice", typed, info));
        await Refused(async session => await session.StartAsync(new() { [name] = 1 }));
        await Refused(async session => await session.UpdateAsync(new() { ["theme"] = "dark", [name] = 1 }));
        await Refused(async session => await session.UpdateAsync(input));
        await Refused(async session => await session.UpdateAsync(typed, info));
        await Refused(async session => await session.ModifyAsync<int>(name, n => n + 1));
        await Refused(async session => await session.RemoveAsync(name));

        // Refused before anything was done: the session stands, and no part of the input went in.
        Assert.Equal(["role"], (await bed.RecordOf(id))!.Fields.Select(field => field.Key));

        async Task Refused(Func<Session<ProbeStore>, ValueTask> call)
        {
            bed.Store.Reset();
            await Assert.ThrowsAsync<ArgumentException>(async () => await call(bed.Request(id).Session));
            Assert.Empty(bed.Store.Calls);
        }
    }

    [Fact]
    [Trait("abuse", "C16")]
    public async Task AFieldOfTheLibrarysIsNeitherShownNorCounted()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync("alice", new() { ["role"] = "user" });
        var record = (await bed.RecordOf(id))!;
        var claims = SessionFields.Create([new("$claims", "\"x\""u8.ToArray())]);
        await bed.Memory.UpdateAsync(record, new SessionChange { Set = claims });

        var me = (await bed.Request(id).Session.GetAsync())!;

        Assert.Equal(["role"], me.Fields.Select(field => field.Key));
        Assert.Null(me["$claims"]);
        Assert.True((await bed.RecordOf(id))!.Fields.Contains("$claims"));
    }

    private static async Task<string> BeginAsync(Bed bed, SessionState state)
    {
        if (state == SessionState.Pending)
        {
            return await Handmade.PendingAsync(bed, "alice");
        }

        var exchange = bed.Request();
        Assert.True(await exchange.Session.StartAsync(new() { ["userId"] = "alice", ["n"] = 7 }));
        return exchange.SentId!;
    }
}
