namespace Sact.Session.Tests;

/// <summary>Keys and ids that belong to another application, are crafted, or are empty never reach a session.</summary>
public sealed class ForeignKeysAndIds
{
    [Theory]
    [Trait("abuse", "C10")]
    [InlineData("read")]
    [InlineData("update")]
    [InlineData("renew")]
    [InlineData("sign out")]
    [InlineData("sign in")]
    public async Task AnIdOfAnotherApplicationOverTheSameStoreHasNoEffect(string call)
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice");
        var stored = await host.RecordOf(id);
        var other = new SharedStore(new MemoryStore(new MemoryStoreOptions { Prefix = "other", TimeProvider = host.Clock }), host.Memory);
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers.Cookie = $"__Host-sid={id}";
        var session = new Session<SharedStore>(
            context.Request, context.Response, other, new SactSessionOptions { TimeProvider = host.Clock });

        switch (call)
        {
            case "read": Assert.Null(await session.GetAnyAsync()); break;
            case "update": Assert.False(await session.UpdateAsync(new() { ["n"] = 1 })); break;
            case "renew": Assert.False(await session.RenewAsync()); break;
            case "sign out": await session.DeleteAsync(); break;

            // The shared store refuses a session with a foreign prefix, so the two applications never mix.
            default: await Assert.ThrowsAsync<SessionStoreException>(async () => await session.SetAsync("bob")); break;
        }

        Assert.Same(stored, await host.RecordOf(id));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C10")]
    public async Task ARecordUnderAnotherPrefixIsNeitherChangedNorEnded()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice");
        var other = new SessionHost(configureStore: options => options.Prefix = "other");
        var foreign = Handmade.Record(other, id, SessionState.SignedIn, "alice");

        Assert.Null(await host.Memory.GetAsync(foreign.Key));
        Assert.Equal(SessionUpdateStatus.Gone, (await host.Memory.UpdateAsync(foreign, new SessionChange())).Status);
        Assert.False(await host.Memory.DeleteAsync(foreign));
        await Assert.ThrowsAsync<ArgumentException>(async () => await host.Memory.CreateAsync(foreign));
        Assert.False(await host.Request(id).Session.DeleteSessionAsync(foreign.Key));
        Assert.Equal("alice", await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "C11")]
    public async Task ADefaultKeyIsRefusedByEveryMethodOfTheStore()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        await Assert.ThrowsAsync<ArgumentException>(async () => await host.Memory.GetAsync(default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await host.Memory.DeleteActiveSessionsAsync("alice", default(SessionKey)));
        var keyless = new SessionRecord
        {
            Key = default,
            State = SessionState.Anonymous,
            LineageHash = new SecretHash(new byte[16] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }),
            CurrentHash = new SecretHash(new byte[16] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }),
            CreatedAt = host.Clock.GetUtcNow(),
            LastSeenAt = host.Clock.GetUtcNow(),
            Lifetimes = new SessionLifetimes(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1)),
        };
        await Assert.ThrowsAsync<ArgumentException>(async () => await host.Memory.CreateAsync(keyless));
        Assert.Equal("alice", await host.WhoAsync(id));
    }

    [Theory]
    [Trait("abuse", "C11")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("AAAA")]
    public async Task AnEmptyOrShortIdIsInvalidAndCostsNoStoreCall(string id)
    {
        var host = new SessionHost();
        await host.SeenAsync();

        Assert.Null(await host.Request(id).Session.GetAnyAsync());

        Assert.Empty(host.Store.Calls);
        Assert.Throws<ArgumentException>(() => host.Store.GetSessionKey(id));
    }

    [Fact]
    [Trait("abuse", "C11")]
    public async Task AnIdOfOnlyZerosIsUnknown()
    {
        // The hash of an id is never compared with an absent hash.
        var host = new SessionHost();
        await host.SeenAsync();

        Assert.Null(await host.Request(new string('A', 56)).Session.GetAnyAsync());
        Assert.Equal(["get"], host.Store.Calls);
    }

    [Theory]
    [Trait("abuse", "C15")]
    [InlineData("user_id:alice")]
    [InlineData("session:user_id:alice")]
    [InlineData("session:user_id:aliceAAAAAAAAAAA")]
    [InlineData("session:")]
    [InlineData(":AAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("session:AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("session:AAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("session:AAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("session:AAAAAAAAAAAAAAAAAAAAAA/+")]
    [InlineData("session:AAAAAAAAAAAAAAAAAAAA\0AAA")]
    [InlineData("SESSION:AAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("{tag}:AAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("a:b:AAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("session:AAAAAAAAAAAAAAAAAAAAAAAA\n")]
    [InlineData(" session:AAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("session:ＡAAAAAAAAAAAAAAAAAAAAAAA")]
    public void ACraftedKeyIsInvalid(string text)
    {
        Assert.False(SessionKey.TryParse(text, null, out var key));
        Assert.True(key.IsDefault);
        Assert.Throws<FormatException>(() => SessionKey.Parse(text));
    }

    [Fact]
    [Trait("abuse", "C15")]
    public async Task AKeyThatLooksLikeAnIndexEndsNothing()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice");
        var crafted = SessionKey.Parse("session:user_id_alice-AAAAAAAAAA");

        Assert.False(await host.Request(id).Session.DeleteSessionAsync(crafted));

        Assert.Single(await host.Request(id).Session.GetActiveSessionsAsync());
    }

    [Theory]
    [Trait("abuse", "C15")]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("Session")]
    [InlineData("{a}")]
    [InlineData("a b")]
    [InlineData("a*")]
    [InlineData("ä")]
    public void ACraftedPrefixIsRefused(string prefix) =>
        Assert.Throws<ArgumentException>(() => new MemoryStore(new MemoryStoreOptions { Prefix = prefix }));

    /// <summary>Two applications with different prefixes over one store, as over one Redis.</summary>
    private sealed class SharedStore(MemoryStore own, MemoryStore shared) : DelegatingStore(own, shared);
}
