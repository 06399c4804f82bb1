using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>How the stores describe themselves for traces. No store connects for that.</summary>
public sealed class DescribedStores
{
    [Theory]
    [InlineData("Host=db.example;Port=5433", "db.example", 5433)]
    [InlineData("Host=db.example", "db.example", 5432)]
    [InlineData("Host=one.example,two.example", null, null)]
    [InlineData("Host=db.example:6543", null, null)]
    [InlineData("Host=/run/postgresql", "/run/postgresql", null)]
    public async Task NameTheServerOfPostgreSql(string connectionString, string? address, int? port)
    {
        await using var store = Open(
            $"{connectionString};Username=u;Password={PostgresServer.Password}", options => options.Table = "logins");

        Is(store.Description, "postgresql", "logins", address, port);
    }

    [Theory]
    [InlineData("cache.example:6380", "cache.example", 6380)]
    [InlineData("cache.example", "cache.example", 6379)]
    [InlineData("127.0.0.1:6380", "127.0.0.1", 6380)]
    [InlineData("one.example:6379,two.example:6379", null, null)]
    public async Task NameTheServerOfRedis(string configuration, string? address, int? port)
    {
        await using var store = OpenRedis($"{configuration},password={RedisServer.Password}");

        Is(store.Description, "redis", null, address, port);
    }

    [Fact]
    public void NameTheTableOfSqlite()
    {
        using var store = new SqliteStore(new SqliteStoreOptions { ConnectionString = "Data Source=:memory:", Table = "logins" });

        Is(store.Description, "sqlite", "logins", null, null);
    }

    private static void Is(StoreDescription description, string system, string? collection, string? address, int? port)
    {
        Assert.Equal(system, description.System);
        Assert.Equal(collection, description.Collection);
        Assert.Equal(address, description.ServerAddress);
        Assert.Equal(port, description.ServerPort);
    }
}
