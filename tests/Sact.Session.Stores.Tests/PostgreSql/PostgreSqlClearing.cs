using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>To end all sessions takes a while, and users sign in meanwhile.</summary>
public sealed class PostgreSqlClearing(SharedPostgres shared)
{
    /// <summary>A lock of one row, which somebody else holds, stops the statement in the middle.</summary>
    [Fact]
    [Trait("abuse", "K18")]
    public async Task SparesWhatWasSignedInAfterItBegan()
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using var store = Open(server.ConnectionString, options => options.Table = table);
        var earlier = Enumerable.Range(0, 20).Select(_ => NewSession(store)).ToList();
        await Task.WhenAll(earlier.Select(session => store.CreateAsync(session).AsTask()));
        SessionRecord newcomer;
        Task<long> clearing;
        await using (var holding = new NpgsqlConnection(server.ConnectionString))
        {
            await holding.OpenAsync();
            await using var transaction = await holding.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand($"SELECT 1 FROM {table} LIMIT 1 FOR UPDATE", holding, transaction);
            await hold.ExecuteScalarAsync();
            clearing = store.ClearAsync(TestContext.Current.CancellationToken).AsTask();
            while (await server.ScalarAsync(
                $"SELECT count(*) FROM pg_stat_activity WHERE {holding.ProcessID} = ANY(pg_blocking_pids(pid))") is 0L)
            {
            }

            newcomer = NewSession(store);
            Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(newcomer)).Status);
        }

        Assert.Equal(20, await clearing);

        Assert.NotNull(await store.GetAsync(newcomer.Key));
        Assert.Equal(1, await store.CountActiveSessionsAsync());
    }
}
