namespace Sact.Session.Stores.Tests;

/// <summary>A session that is on its way to the new store when something else happens to it.</summary>
public sealed class MovesThatAreOvertaken
{
    private readonly DictionaryData _old = new();
    private readonly DictionaryData _new = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("session")]
    [InlineData("user")]
    [InlineData("all")]
    [Trait("abuse", "D12")]
    public async Task ByAnEndBringNothingBack(string end)
    {
        var session = await SignInAsync();
        var (slow, fast) = (Open(gated: true), Open(gated: false));
        var update = slow.UpdateAsync(session, PostgreSqlStores.Set("n", "1")).AsTask();
        await ReachedAsync();

        long ended = end switch
        {
            "session" => await fast.EndAsync(session, SessionEndReason.Administrator) ? 1 : 0,
            "user" => await fast.DeleteActiveSessionsAsync("alice"),
            _ => await fast.ClearAsync(),
        };
        Assert.Equal(1, ended);
        Assert.Null(await fast.GetAsync(session.Key));
        _goOn.SetResult();

        Assert.Equal(SessionUpdateStatus.Gone, (await update).Status);
        Assert.Null(await fast.GetAsync(session.Key));
        Assert.Null(await NewStore(gated: false).GetAsync(session.Key));
        Assert.Empty(await PostgreSqlStores.ListAsync(fast));
    }

    [Fact]
    public async Task ByAnotherMoveAndAChangeOverwriteNothing()
    {
        var session = await SignInAsync();
        var (slow, fast) = (Open(gated: true), Open(gated: false));
        var update = slow.UpdateAsync(session, PostgreSqlStores.Set("slow", "1")).AsTask();
        await ReachedAsync();

        Assert.Equal(SessionUpdateStatus.Applied, (await fast.UpdateAsync(session, PostgreSqlStores.Set("fast", "1"))).Status);
        _goOn.SetResult();

        Assert.Equal(SessionUpdateStatus.Applied, (await update).Status);
        var both = (await NewStore(gated: false).GetAsync(session.Key))!.Fields;
        Assert.True(both.Contains("fast") && both.Contains("slow"));
    }

    [Fact]
    public async Task BySignInsUnderACapLeaveTheCapExact()
    {
        var session = await SignInAsync();
        var (slow, fast) = (Open(gated: true), Open(gated: false));
        var update = slow.UpdateAsync(session, PostgreSqlStores.Set("n", "1")).AsTask();
        await ReachedAsync();

        var next = PostgreSqlStores.NewSession(fast);
        Assert.Equal([session.Key], (await fast.CreateAsync(next, new SessionCap(1))).Ended);
        _goOn.SetResult();

        Assert.Equal(SessionUpdateStatus.Gone, (await update).Status);
        Assert.Equal(next.Key, Assert.Single(await PostgreSqlStores.ListAsync(fast)).Key);
    }

    [Fact]
    public async Task AnEndThatFailedBetweenTheStoresIsCompletedByItsRepetition()
    {
        var session = await SignInAsync();
        Assert.True(await OldStore().EndAsync(session, SessionEndReason.UserDeleted));
        var (slow, fast) = (Open(gated: true), Open(gated: false));
        Assert.Equal(SessionEndReason.UserDeleted, (await fast.FindAsync(session.Key)).Ended?.Reason);

        await fast.EndAsync(session, SessionEndReason.SignedOut);

        Assert.Equal(SessionEndReason.UserDeleted, (await NewStore(gated: false).FindAsync(session.Key)).Ended?.Reason);
        Assert.Equal(SessionUpdateStatus.Gone, (await slow.UpdateAsync(session, PostgreSqlStores.Set("n", "1"))).Status);
    }

    [Fact]
    public void StoresThatCannotBeOneAreRefused()
    {
        var old = OldStore();
        Assert.Throws<ArgumentException>(() => new MigratingStore(old, old));
        Assert.Throws<ArgumentNullException>(() => new MigratingStore(old, null!));
        Assert.Throws<ArgumentNullException>(() => new MigratingStore(null!, old));
        var prefix = Assert.Throws<ArgumentException>(() => new MigratingStore(
            old, new RecordDictionaryStore(new GenericStoreOptions { Prefix = "another" }, _new)));
        Assert.Contains("'session'", prefix.Message, StringComparison.Ordinal);
        var routing = Assert.Throws<ArgumentException>(() => new MigratingStore(
            old, new RecordDictionaryStore(new GenericStoreOptions { RoutingKey = "hidden-key" }, _new)));
        Assert.DoesNotContain("hidden-key", routing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoNamesOfOneStoreEndNoSession()
    {
        var session = await SignInAsync();
        var store = new MigratingStore(OldStore(), new RecordDictionaryStore(new GenericStoreOptions(), _old));

        var refused = await Assert.ThrowsAsync<SessionStoreException>(() => store.CreateAsync(
            PostgreSqlStores.NewSession(store), new SessionCap(5)).AsTask());

        Assert.Contains("keep the same records", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(await store.GetAsync(session.Key));
    }

    private async Task<SessionRecord> SignInAsync()
    {
        var old = OldStore();
        var session = PostgreSqlStores.NewSession(old);
        await old.CreateAsync(session);
        return session;
    }

    private MigratingStore Open(bool gated) => new(OldStore(), NewStore(gated));

    private RecordDictionaryStore OldStore() => new(new GenericStoreOptions(), _old);

    private HookedStore NewStore(bool gated) => new(new GenericStoreOptions(), _new)
    {
        BeforeAdd = gated ? WaitAsync : null,
    };

    private Task WaitAsync()
    {
        _reached.TrySetResult();
        return _goOn.Task;
    }

    private Task ReachedAsync() => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
}
