using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// A process that ends, or sleeps, in the middle of a move. The one that ends does nothing more: after the step there is an exception.
/// </summary>
public sealed class MovesThatAreKilled
{
    private readonly DictionaryData _old = new();
    private readonly DictionaryData _new = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly SessionRecord _session;

    public MovesThatAreKilled()
    {
        _session = PostgreSqlStores.NewSession(Old());
        Old().CreateAsync(_session).AsTask().GetAwaiter().GetResult();
    }

    public static TheoryData<string> Steps => ["before the creation", "after the creation", "after the old record"];

    [Theory]
    [MemberData(nameof(Steps))]
    [Trait("abuse", "D12")]
    public async Task LeaveTheSessionLive(string step)
    {
        await KillAsync(step);

        var next = Store();
        var seen = await next.GetAsync(_session.Key);
        Assert.NotNull(seen);
        Assert.Equal(_session.Key, Assert.Single(await PostgreSqlStores.ListAsync(next)).Key);
        Assert.Equal(SessionUpdateStatus.Applied, (await next.UpdateAsync(seen, PostgreSqlStores.Set("n", "1"))).Status);
        Assert.True((await Store().GetAsync(_session.Key))!.Fields.Contains("n"));
        Assert.True((await New().GetAsync(_session.Key))!.Fields.Contains("n"));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    [Trait("abuse", "D12")]
    public async Task LeaveNothingThatOutlivesAnEnd(string step)
    {
        await KillAsync(step);

        Assert.Equal(1, await Store().DeleteActiveSessionsAsync("alice"));

        Assert.Null(await Store().GetAsync(_session.Key));
        Assert.Null(await New().GetAsync(_session.Key));
        Assert.Null(await Old().GetAsync(_session.Key));

        // The markers are gone after ten minutes.
        _clock.Advance(EndedMarker.Lifetime + SessionRecord.SkewMargin);
        await Store().DeleteExpiredAsync(100);
        Assert.Null(await Store().GetAsync(_session.Key));
        Assert.Null(await New().GetAsync(_session.Key));
    }

    /// <summary>Each end comes while the move is between its read and its creation. Then the process ends without a second look.</summary>
    [Theory]
    [InlineData("session")]
    [InlineData("user")]
    [InlineData("all")]
    [InlineData("all, and its caller leaves")]
    [Trait("abuse", "D12")]
    public async Task AfterAnEndBringNothingBack(string end)
    {
        var slow = Store(new HookedStore(Options(), _new)
        {
            BeforeAdd = () => EndAsync(end),
            AfterAdd = () => throw Killed(),
            AfterRefusal = () => throw Killed(),
        });

        await Assert.ThrowsAsync<SessionStoreException>(() => ChangeAsync(slow));

        Assert.Null(await Store().GetAsync(_session.Key));
        Assert.Null(await New().GetAsync(_session.Key));
        Assert.Empty(await PostgreSqlStores.ListAsync(Store()));
    }

    /// <summary>The marker of an end is gone when a process that slept continues. It looks once more at the old store.</summary>
    [Theory]
    [InlineData("session")]
    [InlineData("all")]
    public async Task ThatSleptLongerThanAMarkerLivesEndTheSession(string end)
    {
        var slow = Store(new HookedStore(Options(), _new)
        {
            BeforeAdd = async () =>
            {
                await EndAsync(end);
                _clock.Advance(EndedMarker.Lifetime + TimeSpan.FromMinutes(1));
                await New().DeleteExpiredAsync(100);
            },
        });

        Assert.Equal(SessionUpdateStatus.Gone, (await ChangeAsync(slow)).Status);

        Assert.Null(await New().GetAsync(_session.Key));
    }

    [Fact]
    public async Task ThatSleptBeforeTheyWroteAreGivenUp()
    {
        var slow = new MigratingStore(
            new HookedStore(Options(), _old) { AfterRead = () => _clock.Advance(TimeSpan.FromMinutes(6)) }, New());

        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => ChangeAsync(slow));

        Assert.Contains("more than five minutes", fault.Message, StringComparison.Ordinal);
        Assert.Null(await New().GetAsync(_session.Key));
        Assert.NotNull(await Store().GetAsync(_session.Key));
    }

    private async Task KillAsync(string step)
    {
        var store = step switch
        {
            "before the creation" => Store(new HookedStore(Options(), _new) { BeforeAdd = () => throw Killed() }),
            "after the creation" => Store(new HookedStore(Options(), _new) { AfterAdd = () => throw Killed() }),
            _ => new MigratingStore(new HookedStore(Options(), _old) { AfterEnd = () => throw Killed() }, New()),
        };
        await Assert.ThrowsAsync<SessionStoreException>(() => ChangeAsync(store));
    }

    private Task<SessionUpdate> ChangeAsync(MigratingStore store) =>
        store.UpdateAsync(_session, PostgreSqlStores.Set("slow", "1")).AsTask();

    private async Task EndAsync(string end)
    {
        long ended = end switch
        {
            "session" => await Store().EndAsync(_session, SessionEndReason.Administrator) ? 1 : 0,
            "user" => await Store().DeleteActiveSessionsAsync("alice"),
            "all" => await Store().ClearAsync(),
            _ => await ClearAndLeaveAsync(),
        };
        Assert.Equal(1, ended);
    }

    private async Task<long> ClearAndLeaveAsync()
    {
        using var leaves = new CancellationTokenSource();
        return await new MigratingStore(new HookedStore(Options(), _old) { AfterClear = leaves.Cancel }, New()).ClearAsync(leaves.Token);
    }

    private static SessionStoreException Killed() => new("The process has ended.");

    private GenericStoreOptions Options() => new() { TimeProvider = _clock };

    private RecordDictionaryStore Old() => new(Options(), _old);

    private RecordDictionaryStore New() => new(Options(), _new);

    private MigratingStore Store(RecordStore? next = null) => new(Old(), next ?? New());
}
