using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

public sealed class PostgreSqlSweep(SharedPostgres shared)
{
    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    [Trait("abuse", "G2")]
    public async Task ByAClockFarFromTheServersDestroysNothingAndSaysSoOnce(int days)
    {
        var server = await shared.GetAsync();
        string prefix = NewPrefix();
        await using var right = Open(server.ConnectionString, options => options.Prefix = prefix);
        using var log = new Events();

        // Wrong from its process's start, so that the store's own running time has nothing to object.
        var clock = new StoreContractClock(TimeProvider.System.GetUtcNow().AddDays(days));
        await using var wrong = Open(
            server.ConnectionString, options => (options.Prefix, options.TimeProvider, options.LoggerFactory) = (prefix, clock, log));
        var session = NewSession(right);
        await right.CreateAsync(session);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(0, await wrong.DeleteExpiredAsync(100));
        }

        Assert.NotNull(await right.GetAsync(session.Key));
        Assert.Single(log.Seen, id => id == 202);
    }

    [Fact]
    [Trait("abuse", "D9")]
    public async Task PassesOverARowThatSomebodyIsWritingTo()
    {
        var server = await shared.GetAsync();
        await using var store = Open(server.ConnectionString);
        var dead = new[] { Expired(store), Expired(store) };
        foreach (var session in dead)
        {
            await store.CreateAsync(session);
        }

        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = new NpgsqlCommand(
                "SELECT 1 FROM sact_sessions WHERE prefix = $1 AND key_part = $2 FOR UPDATE", connection)
            {
                Parameters = { new() { Value = store.Prefix }, new() { Value = dead[0].Key.KeyPart } },
            };
            await command.ExecuteScalarAsync();
            Assert.Equal(1, await store.DeleteExpiredAsync(100));
        }

        Assert.Equal(1, await store.DeleteExpiredAsync(100));
    }
}
