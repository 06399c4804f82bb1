using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Sact.Session.SecondProcess;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>What the cleanup deletes and what it spares.</summary>
public abstract class EntityFrameworkCleanup(EntityFrameworkFixture fixture)
{
    [Fact]
    [Trait("abuse", "G2")]
    public async Task DeletesNothingWhileTheClocksDiffer()
    {
        var log = new CapturedLog();
        string prefix = NewPrefix();
        var right = Open(prefix);
        var session = NewSession(right);
        await right.CreateAsync(session);
        await right.CreateAsync(Expired(right));
        var ahead = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(3));
        var wrong = fixture.Database.Open(new EntityFrameworkStoreOptions { Prefix = prefix, TimeProvider = ahead, LoggerFactory = log });

        Assert.Equal(0, await wrong.DeleteExpiredAsync(10));
        Assert.Equal(0, await wrong.DeleteExpiredAsync(10));

        Assert.Single(log.Entries, entry => entry.Id == 302);
        Assert.NotNull(await right.GetAsync(session.Key));
        Assert.Equal(1, await right.DeleteExpiredAsync(10));
    }

    /// <summary>A session that is touched after it was found expired lives: the deletion looks again.</summary>
    [Fact]
    [Trait("abuse", "D9")]
    public async Task SparesWhatIsTouchedAfterItWasFound()
    {
        var statements = new Statements();
        using var database = new DatabaseOfSessions(
            fixture.Kind, fixture.ConnectionString, options => options.AddInterceptors(statements));
        var store = database.Open(new EntityFrameworkStoreOptions { Prefix = NewPrefix() });
        var session = Expired(store);
        await store.CreateAsync(session);
        statements.Before = async sql =>
        {
            if (sql.StartsWith("DELETE FROM \"SactSessions\"", StringComparison.Ordinal))
            {
                statements.Before = null;
                await using var context = fixture.Database.CreateContext();
                long later = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
                await context.Set<SessionRow>().Where(row => row.KeyPart == session.Key.KeyPart)
                    .ExecuteUpdateAsync(set => set.SetProperty(row => row.ExpiresAt, later));
            }
        };

        Assert.Equal(0, await store.DeleteExpiredAsync(10));

        Assert.Null(statements.Before);
        await using var look = fixture.Database.CreateContext();
        Assert.Equal(1, await look.Set<SessionRow>().CountAsync(
            row => row.KeyPart == session.Key.KeyPart, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DeletesLocksThatNobodyHasUsedForAnHour()
    {
        await using (var context = fixture.Database.CreateContext())
        {
            await context.Set<SessionLockRow>().ExecuteDeleteAsync(TestContext.Current.CancellationToken);
        }

        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(-2));
        string prefix = NewPrefix();
        var before = fixture.Database.Open(new EntityFrameworkStoreOptions { Prefix = prefix, TimeProvider = clock });
        await before.CreateAsync(NewSession(before), new SessionCap(2));
        var store = Open(prefix);
        await store.CreateAsync(NewSession(store, "bob"), new SessionCap(2));
        Assert.Equal(2, await LocksAsync());

        await store.DeleteExpiredAsync(10);

        Assert.Equal(1, await LocksAsync());
    }

    /// <summary>A lock that disappears while sign-ins wait for it changes nothing about the limit.</summary>
    [Fact]
    [Trait("abuse", "D11")]
    public async Task OfLocksAtAnyTimeKeepsTheLimitExact()
    {
        var store = Open(NewPrefix());
        await store.CountActiveSessionsAsync();
        using var done = new CancellationTokenSource();
        var deleting = Task.Run(async () =>
        {
            await using var context = fixture.Database.CreateContext();
            while (!done.IsCancellationRequested)
            {
                await context.Set<SessionLockRow>().ExecuteDeleteAsync();
            }
        });

        for (int round = 0; round < 5; round++)
        {
            var creations = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(async () =>
                await store.CreateAsync(NewSession(store), new SessionCap(3, SessionCapPolicy.Refuse)))));
            Assert.Equal(3, creations.Count(creation => creation.Status == SessionCreationStatus.Created));
            Assert.Equal(3, (await ListAsync(store)).Count);
            Assert.Equal(3, await store.DeleteActiveSessionsAsync("alice"));
        }

        await done.CancelAsync();
        await deleting;
    }

    private EntityFrameworkStore<ShopContext> Open(string prefix) =>
        fixture.Database.Open(new EntityFrameworkStoreOptions { Prefix = prefix });

    private async Task<int> LocksAsync()
    {
        await using var context = fixture.Database.CreateContext();
        return await context.Set<SessionLockRow>().CountAsync(TestContext.Current.CancellationToken);
    }
}

public sealed class EntityFrameworkSqliteCleanup(SqliteOfEntityFramework fixture)
    : EntityFrameworkCleanup(fixture), IClassFixture<SqliteOfEntityFramework>;

public sealed class EntityFrameworkPostgreSqlCleanup(PostgresOfEntityFramework fixture)
    : EntityFrameworkCleanup(fixture), IClassFixture<PostgresOfEntityFramework>;
