using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Sact.Session.SecondProcess;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>
/// The database acts and its answer gets lost, under a strategy that repeats whatever the provider calls transient, as
/// <c>EnableRetryOnFailure()</c> does.
/// </summary>
public sealed class EntityFrameworkLostAnswers(SqliteOfEntityFramework fixture) : IClassFixture<SqliteOfEntityFramework>
{
    private readonly Statements _statements = new();
    private readonly LostCommit _commit = new();

    [Fact]
    public async Task OfAChangeDoNotApplyItTwice()
    {
        using var database = Open();
        var store = await StoreAsync(database);
        var session = NewSession(store);
        await store.CreateAsync(session);
        var five = (await store.UpdateAsync(session, Set("count", "5"))).Record!;
        _statements.Clear();
        _statements.LoseNext("UPDATE \"SactSessions\"");

        var six = await store.UpdateAsync(five, new SessionChange
        {
            Condition = new SessionFieldCondition("count", "5"u8.ToArray()),
            Set = Set("count", "6").Set,
        });

        Assert.Equal(SessionUpdateStatus.Applied, six.Status);
        Assert.Equal(six.Record!.Version, (await store.GetAsync(session.Key))!.Version);
        Assert.Single(_statements.Sent, sql => sql.StartsWith("UPDATE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OfACommitMakeOneSession()
    {
        using var database = Open();
        var store = await StoreAsync(database);
        var other = NewSession(store);
        await store.CreateAsync(other, new SessionCap(1));
        var session = NewSession(store);
        _commit.LoseNext();

        var creation = await store.CreateAsync(session, new SessionCap(1));

        Assert.Equal(SessionCreationStatus.Created, creation.Status);
        Assert.Equal(session.Key, Assert.Single(await ListAsync(store)).Key);
    }

    [Fact]
    public async Task OfASignInWithoutALimitMakeOneSession()
    {
        using var database = Open();
        var store = await StoreAsync(database);
        var session = NewSession(store);
        _statements.LoseNext("INSERT INTO \"SactSessions\"");

        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(session)).Status);

        Assert.Equal(session.Key, Assert.Single(await ListAsync(store)).Key);
    }

    [Fact]
    public async Task OfASignOutLeaveItEnded()
    {
        using var database = Open();
        var store = await StoreAsync(database);
        var session = NewSession(store);
        await store.CreateAsync(session);
        _statements.LoseNext("UPDATE \"SactSessions\"");

        await store.DeleteAsync(session);

        Assert.Null(await store.GetAsync(session.Key));
    }

    /// <summary>Without a strategy nothing is repeated, and the caller learns that the outcome is unknown.</summary>
    [Fact]
    public async Task WithoutAStrategyAreFaultsOfUnknownOutcome()
    {
        using var database = Open(retry: false);
        var store = await StoreAsync(database);
        var session = NewSession(store);
        await store.CreateAsync(session);

        // The base class settles a change by a read, which fails here too.
        _statements.Before = sql => sql.StartsWith("SELECT \"s\".\"Record\"", StringComparison.Ordinal)
            ? throw new LostAnswerException("No answer.")
            : Task.CompletedTask;
        _statements.LoseNext("UPDATE \"SactSessions\"");
        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.UpdateAsync(session, Set("a", "1")));

        Assert.True(fault.OutcomeUnknown);
        Assert.DoesNotContain("answer was lost", fault.ToString(), StringComparison.Ordinal);
    }

    private DatabaseOfSessions Open(bool retry = true) => new(fixture.Kind, fixture.ConnectionString, options =>
    {
        options.AddInterceptors(_statements, _commit);
        if (retry)
        {
            options.UseSqlite(sqlite => sqlite.ExecutionStrategy(context => new RepeatsWhatIsLost(context)));
        }
    });

    private static async Task<EntityFrameworkStore<ShopContext>> StoreAsync(DatabaseOfSessions database)
    {
        var store = database.Open(new EntityFrameworkStoreOptions { Prefix = NewPrefix() });
        await store.CountActiveSessionsAsync();
        return store;
    }

    private sealed class RepeatsWhatIsLost(ExecutionStrategyDependencies context)
        : ExecutionStrategy(context, maxRetryCount: 3, TimeSpan.FromMilliseconds(1))
    {
        protected override bool ShouldRetryOn(Exception exception) => exception is LostAnswerException;
    }
}
