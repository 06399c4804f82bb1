using Sact.Session.Stores.Tests.EntityFramework;
using Sact.Session.Stores.Tests.Sqlite;

namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>
/// Two or three requests meet in every order that a seeded scheduler chooses, and each promise of a session is checked on what happened.
/// <c>SACT_INTERLEAVINGS</c> sets the number of interleavings, and <c>SACT_INTERLEAVING</c> repeats one.
/// </summary>
public abstract class InterleavingsOverAStore
{
    /// <summary>The number in a usual run.</summary>
    private protected virtual int Usual => 100;

    private protected abstract ValueTask<Profile> ProfileAsync();

    [Fact]
    [Trait("seeds", "interleavings")]
    [Trait("abuse", "D1")]
    [Trait("abuse", "D2")]
    [Trait("abuse", "D3")]
    [Trait("abuse", "D6")]
    [Trait("abuse", "D9")]
    [Trait("abuse", "D14")]
    public async Task KeepEveryPromise()
    {
        var run = new InterleavingRun(await ProfileAsync());

        int count = await run.RunUsualAsync(Usual);

        string report = $"{GetType().Name}: {count} interleavings, {run.Different} of them different, no promise broken.";
        TestContext.Current.TestOutputHelper?.WriteLine(report);
        TestContext.Current.SendDiagnosticMessage(report);
    }
}

public sealed class InterleavingsOverMemory : InterleavingsOverAStore
{
    private protected override int Usual => 10_000;

    private protected override ValueTask<Profile> ProfileAsync() => new(Profiles.Memory);
}

/// <summary>
/// The rules that every store of packed records shares: the gates are before each read, addition, replacement and end of a record.
/// </summary>
public sealed class InterleavingsInsideOfAStore : InterleavingsOverAStore
{
    private protected override int Usual => 3_000;

    private protected override ValueTask<Profile> ProfileAsync() =>
        new(Profiles.Steps((o, d) => new RecordDictionaryStore(o, d)));
}

public sealed class InterleavingsOverSqlite : InterleavingsOverAStore
{
    private protected override ValueTask<Profile> ProfileAsync() =>
        new(Profiles.Server(() => new(new SqliteSubject(inMemory: false))));
}

public sealed class InterleavingsOverPostgreSql(SharedPostgres shared) : InterleavingsOverAStore
{
    private protected override async ValueTask<Profile> ProfileAsync()
    {
        var server = await shared.GetAsync();
        return Profiles.Server(() => new(new PostgreSqlSubject(server)));
    }
}

public sealed class InterleavingsOverRedis(SharedRedis shared) : InterleavingsOverAStore
{
    private protected override async ValueTask<Profile> ProfileAsync()
    {
        var connections = await shared.ConnectionsAsync();
        return Profiles.Server(() => new(new RedisSubject(connections)));
    }
}

public sealed class InterleavingsOverRedisCluster(SharedRedisCluster shared) : InterleavingsOverAStore
{
    private protected override async ValueTask<Profile> ProfileAsync()
    {
        var connections = await shared.ConnectionsAsync();
        return Profiles.Server(() => new(new RedisSubject(connections)));
    }
}

public sealed class InterleavingsOverEntityFrameworkSqlite(SqliteOfEntityFramework fixture)
    : InterleavingsOverAStore, IClassFixture<SqliteOfEntityFramework>
{
    private protected override ValueTask<Profile> ProfileAsync() =>
        new(Profiles.Server(() => new(new EntityFrameworkSubject(fixture))));
}

public sealed class InterleavingsOverEntityFrameworkPostgreSql(PostgresOfEntityFramework fixture)
    : InterleavingsOverAStore, IClassFixture<PostgresOfEntityFramework>
{
    private protected override ValueTask<Profile> ProfileAsync() =>
        new(Profiles.Server(() => new(new EntityFrameworkSubject(fixture))));
}
