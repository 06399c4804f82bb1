using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>Sessions of a registration with <c>SealMetadata</c>, over a store that is not the memory store.</summary>
public sealed class SealedMetadata : IDisposable
{
    private readonly SessionHost _host = new(options => options.SealMetadata = true);

    public void Dispose() => ((IDisposable)_host).Dispose();

    [Fact]
    [Trait("abuse", "K1")]
    public async Task IsNotReadableInTheRecordAndIsReadWithTheCookie()
    {
        string id = await _host.SignInAsync("alice", new JsonObject { ["canary-name"] = "canary-value", ["n"] = 1 });

        var record = (await _host.RecordOf(id))!;
        Assert.DoesNotContain("canary-value", Encoding.Latin1.GetString(record.Pack()), StringComparison.Ordinal);
        Assert.Equal(["$~canary-name", "$~n"], record.Fields.Select(field => field.Key));
        var data = (await _host.Request(id).Session.GetAsync())!;
        Assert.Equal(["canary-name", "n"], data.Fields.Select(field => field.Key));
        Assert.Equal(("canary-value", 1), (data["canary-name"], data.Get<int>("n")));
    }

    /// <summary>The record has the right checksum, so only somebody who can write to the store has made it.</summary>
    [Theory]
    [InlineData("\0")]
    [InlineData("$~who")]
    [Trait("abuse", "H2")]
    public async Task BesideAPlantedNameIsAFaultOfTheStore(string planted)
    {
        var store = new PackedStore(_host.Clock);
        var signingIn = Over(store, null);
        await signingIn.SetAsync("alice", new JsonObject { ["who"] = "alice" });
        var record = SessionRecord.Unpack(signingIn.GetKey(), store[signingIn.GetKey()]);
        byte[] name = Encoding.UTF8.GetBytes(planted);
        store[record.Key] = (record with
        {
            Fields = SessionFields.Unpack([.. record.Fields.Packed.AsSpan(), (byte)name.Length, 1, .. name, (byte)'1']),
        }).Pack();

        var data = (await Over(store, signingIn.SessionId).GetAsync())!;

        Assert.Throws<SessionStoreException>(() => data.Fields);
    }

    private Session<PackedStore> Over(PackedStore store, string? id)
    {
        var context = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("example.test") } };
        context.Request.Headers.Cookie = id is null ? default : $"__Host-sid={id}";
        return new Session<PackedStore>(context.Request, context.Response, store, _host.Options);
    }

    [Fact]
    public async Task IsChangedAddedAndRemovedByItsOwnNames()
    {
        string id = await _host.SignInAsync("alice", new JsonObject { ["a"] = 1, ["b"] = 2, ["c"] = 3 });
        var session = _host.Request(id).Session;
        Assert.True(await session.UpdateAsync(new JsonObject { ["a"] = 10, ["d"] = 4 }));
        Assert.True(await session.RemoveAsync("b"));
        Assert.Equal(13, (await session.ModifyAsync<int>("c", c => c + 10)).Value);
        Assert.Equal(1, (await session.ModifyAsync<int>("new", n => n + 1)).Value);

        var data = (await _host.Request(id).Session.GetAsync())!;

        Assert.Equal((10, 13, 4, 1), (data.Get<int>("a"), data.Get<int>("c"), data.Get<int>("d"), data.Get<int>("new")));
        Assert.Equal(["a", "c", "d", "new"], data.Fields.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.All((await _host.RecordOf(id))!.Fields, field => Assert.StartsWith("$~", field.Key, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task LosesNoParallelIncrement()
    {
        string id = await _host.SeenAsync("alice", new JsonObject { ["n"] = 0 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                await _host.Request(id).Session.ModifyAsync<int>("n", n => n + 1);
            }
        })));
        Assert.Equal(400, (await _host.Request(id).Session.GetAsync())!.Get<int>("n"));
    }

    [Fact]
    [Trait("abuse", "C12")]
    public async Task IsReadWithEveryIdThatIsValid()
    {
        string first = await _host.SeenAsync("alice", new JsonObject { ["a"] = "x" });
        string second = (await _host.RenewAsync(first))!;
        Assert.Equal("x", await ReadAsync(first));
        Assert.Equal("x", await ReadAsync(second));
        Assert.Equal("x", await ReadAsync(first));
        _host.Clock.Advance(TimeSpan.FromHours(1));
        string third = (await _host.RenewAsync(second, immediately: true))!;
        Assert.Equal("x", await ReadAsync(third));
        Assert.Null(await _host.WhoAsync(second));
    }

    [Fact]
    public async Task IsReadAndWrittenInTheRequestThatRenewsAtOnce()
    {
        string id = await _host.SeenAsync("alice", new JsonObject { ["a"] = "x" });
        var request = _host.Request(id);
        Assert.True(await request.Session.RenewAsync(immediately: true));
        Assert.Equal("x", (await request.Session.GetAsync(reload: true))!["a"]);
        Assert.True(await request.Session.UpdateAsync(new JsonObject { ["b"] = "y" }));
        var data = (await _host.Request(request.SentId).Session.GetAsync())!;
        Assert.Equal(("x", "y"), (data["a"], data["b"]));
    }

    [Fact]
    [Trait("abuse", "C12")]
    public async Task IsReadByAWebSocketWhoseIdWasRenewedTwiceMeanwhile()
    {
        string first = await _host.SeenAsync("alice", new JsonObject { ["a"] = "x" });
        var socket = _host.Request(first);
        Assert.NotNull(await socket.Session.GetAsync());
        socket.StartResponse();
        string second = await _host.RotateAsync(first);
        _host.Clock.Advance(TimeSpan.FromHours(1));
        string third = await _host.RotateAsync(second);
        Assert.True(await _host.Request(third).Session.UpdateAsync(new JsonObject { ["a"] = "later" }));

        Assert.Equal("later", (await socket.Session.GetAsync())!["a"]);
        Assert.True(await socket.Session.UpdateAsync(new JsonObject { ["b"] = "y" }));

        Assert.Equal("y", await ReadAsync(third, "b"));
    }

    [Fact]
    public async Task OfAnotherDeviceIsMissingInTheList()
    {
        await _host.SignInAsync("alice", new JsonObject { ["a"] = "x" });
        string id = await _host.SignInAsync("alice", new JsonObject { ["a"] = "y" });
        var list = await _host.Request(id).Session.GetActiveSessionsAsync();
        Assert.Equal(2, list.Count);
        Assert.Equal("y", list.Single(data => data.IsCurrent)["a"]);
        Assert.Empty(list.Single(data => !data.IsCurrent).Fields);
    }

    [Fact]
    public async Task OfASessionThatBeganBeforeTheOptionWasSetStaysOpen()
    {
        var open = new SactSessionOptions { TimeProvider = _host.Clock, SealMetadata = false };
        var signIn = _host.RequestThrough(open, null);
        await signIn.Session.SetAsync("alice", new JsonObject { ["a"] = "x", ["b"] = "y" });
        string id = signIn.SentId!;
        Assert.True(await _host.Request(id).Session.UpdateAsync(new JsonObject { ["a"] = "z" }));
        Assert.Equal(["a", "b"], (await _host.RecordOf(id))!.Fields.Select(field => field.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task IsOpenedByTheNextWriteAfterTheOptionWasRemovedAndIsNeverThereTwice()
    {
        var open = new SactSessionOptions { TimeProvider = _host.Clock, SealMetadata = false };
        string sealedId = await _host.SignInAsync("alice", new JsonObject { ["a"] = "x", ["b"] = "y" });
        Assert.True(await _host.RequestThrough(open, sealedId).Session.UpdateAsync(new JsonObject { ["a"] = "z" }));
        Assert.Equal(["$~b", "a"], (await _host.RecordOf(sealedId))!.Fields.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("z", "y"), (await ReadAsync(sealedId), await ReadAsync(sealedId, "b")));
    }

    [Fact]
    [Trait("abuse", "H1")]
    public async Task HasTheLimitOfItsOwnSize()
    {
        var host = new SessionHost(options => (options.SealMetadata, options.MaxRecordBytes) = (true, 4096));
        string id = await host.SignInAsync("alice", new JsonObject { ["a"] = new string('x', 3900) });
        Assert.Equal(3900, (await host.Request(id).Session.GetAsync())!["a"]!.Length);
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await host.SignInAsync("alice", new JsonObject { ["a"] = new string('x', 4100) }));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await host.Request(id).Session.UpdateAsync(new JsonObject { ["b"] = new string('x', 3900) }));
    }

    /// <summary>A name that looks like a sealed one is the library's, and no application can write it.</summary>
    [Theory]
    [InlineData("$~a")]
    [InlineData("$~$claims")]
    [Trait("abuse", "C16")]
    public async Task IsNeverWrittenByTheNameOfASealedField(string name)
    {
        string id = await _host.SignInAsync();
        var session = _host.Request(id).Session;
        await Assert.ThrowsAsync<ArgumentException>(async () => await session.UpdateAsync(new JsonObject { [name] = "x" }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await session.RemoveAsync(name));
        await Assert.ThrowsAsync<ArgumentException>(async () => await session.ModifyAsync<int>(name, n => n));
    }

    /// <summary>The data of the session that the request had before a sign-in stays readable.</summary>
    [Fact]
    public async Task OfTheSessionThatASignInReplacedIsStillRead()
    {
        string id = await _host.SeenAsync("alice", new JsonObject { ["a"] = "hers" });
        var session = _host.Request(id).Session;
        var before = (await session.GetAsync())!;
        await session.SetAsync("bob", new JsonObject { ["a"] = "his" });

        Assert.Equal("hers", before["a"]);
        Assert.Equal("his", (await session.GetAsync())!["a"]);
        Assert.True(await session.UpdateAsync(new JsonObject { ["b"] = "his too" }));
        Assert.Equal("his too", await ReadAsync(session.GetSessionId(), "b"));
    }

    /// <summary>Somebody with write access to the store, and without the cookie, plants an open field beside the sealed one.</summary>
    [Fact]
    [Trait("abuse", "C16")]
    public async Task WinsOverAnOpenFieldThatWasPlantedBesideIt()
    {
        string id = await _host.SignInAsync("alice", new JsonObject { ["role"] = "user" });
        var record = (await _host.RecordOf(id))!;
        await _host.Memory.UpdateAsync(
            record,
            new SessionChange
            {
                Set = SessionFields.Restore([new("role", "\"admin\""u8.ToArray()), new("$~", "\"no name\""u8.ToArray())]),
            });
        Assert.Equal("user", await ReadAsync(id, "role"));
    }

    /// <summary>Somebody with write access to the store moves a sealed value, or another session's key.</summary>
    [Fact]
    [Trait("abuse", "H8")]
    public async Task ThatWasMovedInTheStoreIsAFaultAndNotMissing()
    {
        string id = await _host.SignInAsync("alice", new JsonObject { ["role"] = "user", ["nick"] = "admin" });
        var record = (await _host.RecordOf(id))!;
        Assert.True(record.Fields.TryGetValue("$~nick", out var nick));
        await _host.Memory.UpdateAsync(
            record, new SessionChange { Set = SessionFields.Restore([new("$~role", nick)]) });
        var session = _host.Request(id).Session;
        var data = (await session.GetAsync())!;
        Assert.Throws<SessionStoreException>(() => data["role"]);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await session.ModifyAsync<string>("role", role => role + "!"));
        Assert.Equal("alice", data.UserId);
    }

    private async Task<string?> ReadAsync(string id, string name = "a") => (await _host.Request(id).Session.GetAsync())![name];
}
