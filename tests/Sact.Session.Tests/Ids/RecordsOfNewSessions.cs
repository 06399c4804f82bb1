using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>The first record of a session.</summary>
public sealed class RecordsOfNewSessions
{
    private static readonly SessionTerms s_terms = new(
        SessionState.SignedIn,
        AssuranceLevel: 1,
        new(TimeSpan.FromHours(1), TimeSpan.FromMinutes(30), TimeSpan.FromDays(1)),
        IsPersistent: false);

    [Theory]
    [InlineData("alice")]
    [InlineData(null)]
    public void HaveATimeOfAuthenticationIfSomebodySignedIn(string? userId)
    {
        var clock = new FakeTimeProvider();

        var (_, record) = SessionRecordFactory.Make(new MemoryStore(), clock, userId, SessionFields.Empty, s_terms);

        Assert.Equal(userId is null ? null : clock.GetUtcNow(), record.AuthenticatedAt);
        Assert.Equal(clock.GetUtcNow(), record.CreatedAt);
        Assert.Equal(clock.GetUtcNow(), record.LastSeenAt);
    }

    /// <summary>What was sealed for the announced id would be lost under another one.</summary>
    [Fact]
    public void BelongToTheIdThatWasMadeBefore()
    {
        var store = new MemoryStore();
        string made = store.CreateSessionId("alice");

        var (id, record) = SessionRecordFactory.Make(store, TimeProvider.System, "alice", SessionFields.Empty, s_terms, made: made);

        Assert.Equal(made, id);
        Assert.Equal(store.GetSessionKey(made), record.Key);
    }

    [Fact]
    public void AreRefusedWhereTheStoreMakesIdsOfAnotherFormat()
    {
        var store = new MemoryStore();

        var fault = Assert.Throws<InvalidOperationException>(() => SessionRecordFactory.Make(
            store, TimeProvider.System, "alice", SessionFields.Empty, s_terms, made: "short"));

        Assert.Equal(
            "The store's CreateSessionId made an id of another format. A session id has 56 base64url characters. Derive the store from "
            + "GenericStore, or forward CreateSessionId and GetSessionKey to a store that does.",
            fault.Message);
    }
}
