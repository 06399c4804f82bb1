namespace Sact.Session.Tests;

/// <summary>Keys and ids of other applications, crafted ones and empty ones never reach anything.</summary>
public sealed class ForeignKeys
{
    [Theory]
    [Trait("abuse", "C10")]
    [InlineData("read")]
    [InlineData("update")]
    [InlineData("renew")]
    [InlineData("sign out")]
    [InlineData("sign in")]
    public async Task AnIdOfOneApplicationIsNothingInAnotherThatSharesTheStore(string call)
    {
        var bed = new Bed();
        string id = await bed.SeenAsync("alice");
        var stands = await bed.RecordOf(id);
        var other = new SharedStore(new MemoryStore(new MemoryStoreOptions { Prefix = "other", TimeProvider = bed.Clock }), bed.Memory);
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers.Cookie = $"__Host-sid={id}";
        var session = new Session<SharedStore>(context.Request, context.Response, other, new SactSessionOptions { TimeProvider = bed.Clock });

        switch (call)
        {
            case "read": Assert.Null(await session.GetAnyAsync()); break;
            case "update": Assert.False(await session.UpdateAsync(new() { ["n"] = 1 })); break;
            case "renew": Assert.False(await session.RenewAsync()); break;
            case "sign out": await session.DeleteAsync(); break;

            // The shared store refuses to keep a session under a foreign prefix, loudly, rather than mixing the two.
            default: await Assert.ThrowsAsync<SessionStoreException>(async () => await session.SetAsync("bob")); break;
        }

        Assert.Same(stands, await bed.RecordOf(id));
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C10")]
    public async Task ARecordUnderAnotherPrefixIsNeitherChangedNorEnded()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync("alice");
        var other = new Bed(configureStore: options => options.Prefix = "other");
        var foreign = Handmade.Record(other, id, SessionState.SignedIn, "alice");

        Assert.Null(await bed.Memory.GetAsync(foreign.Key));
        Assert.Equal(SessionUpdateStatus.Gone, (await bed.Memory.UpdateAsync(foreign, new SessionChange())).Status);
        Assert.False(await bed.Memory.DeleteAsync(foreign));
        await Assert.ThrowsAsync<ArgumentException>(async () => await bed.Memory.CreateAsync(foreign));
        Assert.False(await bed.Request(id).Session.DeleteSessionAsync(foreign.Key));
        Assert.Equal("alice", await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "C11")]
    public async Task ADefaultKeyIsRefusedByEveryMethodOfTheStore()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        await Assert.ThrowsAsync<ArgumentException>(async () => await bed.Memory.GetAsync(default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await bed.Memory.DeleteActiveSessionsAsync("alice", default(SessionKey)));
        var keyless = new SessionRecord
        {
            Key = default,
            State = SessionState.Anonymous,
            LineageHash = new SecretHash(new byte[16] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }),
            CurrentHash = new SecretHash(new byte[16] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }),
            CreatedAt = bed.Clock.GetUtcNow(),
            LastSeenAt = bed.Clock.GetUtcNow(),
            Lifetimes = new SessionLifetimes(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1)),
        };
        await Assert.ThrowsAsync<ArgumentException>(async () => await bed.Memory.CreateAsync(keyless));
        Assert.Equal("alice", await bed.WhoAsync(id));
    }

    [Theory]
    [Trait("abuse", "C11")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("AAAA")]
    public async Task AnEmptyOrShortIdIsNoIdAndCostsNoStoreCall(string id)
    {
        var bed = new Bed();
        await bed.SeenAsync();

        Assert.Null(await bed.Request(id).Session.GetAnyAsync());

        Assert.Empty(bed.Store.Calls);
        Assert.Throws<ArgumentException>(() => bed.Store.GetSessionKey(id));
    }

    [Fact]
    [Trait("abuse", "C11")]
    public async Task AnIdOfNothingButZerosIsUnknown()
    {
        // The hash of an id is never compared with a hash that is not there.
        var bed = new Bed();
        await bed.SeenAsync();

        Assert.Null(await bed.Request(new string('A', 56)).Session.GetAnyAsync());
        Assert.Equal(["get"], bed.Store.Calls);
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
    public void ACraftedKeyIsNoKey(string text)
    {
        Assert.False(SessionKey.TryParse(text, null, out var key));
        Assert.True(key.IsDefault);
        Assert.Throws<FormatException>(() => SessionKey.Parse(text));
    }

    [Fact]
    [Trait("abuse", "C15")]
    public async Task AKeyThatLooksLikeAnIndexReachesOnlySessions()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync("alice");
        var crafted = SessionKey.Parse("session:user_id_alice-AAAAAAAAAA");

        Assert.False(await bed.Request(id).Session.DeleteSessionAsync(crafted));

        Assert.Single(await bed.Request(id).Session.GetActiveSessionsAsync());
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
    public void ACraftedPrefixMakesNoStore(string prefix) =>
        Assert.Throws<ArgumentException>(() => new MemoryStore(new MemoryStoreOptions { Prefix = prefix }));

    /// <summary>One application's names over the keep of another's, as two prefixes over one Redis are.</summary>
    private sealed class SharedStore(MemoryStore names, MemoryStore keep) : IGenericStore
    {
        public string CreateSessionId(string? userId = null) => names.CreateSessionId(userId);

        public SessionKey GetSessionKey(string sessionId) => names.GetSessionKey(sessionId);

        public string GetReferenceKey(string userId) => names.GetReferenceKey(userId);

        public ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) => keep.GetAsync(key, cancellationToken);

        public ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) => keep.CreateAsync(session, cap, cancellationToken);

        public ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) => keep.UpdateAsync(session, change, cancellationToken);

        public ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) => keep.DeleteAsync(session, cancellationToken);

        public IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default) => keep.GetActiveSessionsAsync(userId, cancellationToken);

        public ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default) => keep.DeleteActiveSessionsAsync(userId, except, cancellationToken);

        public ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => keep.ClearAsync(cancellationToken);

        public ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) => keep.CountActiveSessionsAsync(cancellationToken);
    }
}
