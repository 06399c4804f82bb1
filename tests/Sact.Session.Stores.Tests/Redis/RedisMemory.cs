using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// What a session takes in the memory of the server, by its <c>MEMORY USAGE</c>: record and index of a user with one session, under a
/// prefix of four characters.
/// </summary>
public sealed class RedisMemory(SharedRedis shared)
{
    [Fact]
    public async Task OfASessionWithThreeFieldsIsAtMostFourHundredBytes()
    {
        var server = await shared.GetAsync();
        await using var store = OpenRedis(server.Configuration, options => options.Prefix = NewPrefix()[^4..]);
        var session = NewSession(store, "user-000001") with
        {
            Presented = true,
            Fields = SessionFields.Create(
                [new("name", "\"Alice Example\""u8.ToArray()), new("role", "\"editor\""u8.ToArray()), new("theme", "\"dark\""u8.ToArray())]),
        };
        await store.CreateAsync(session);
        async Task<long> UsageAsync(string key) => (long)await server.Behind.ExecuteAsync("MEMORY", "USAGE", key);

        long record = await UsageAsync(RedisSubject.NameOf(session.Key));
        long index = await UsageAsync(IndexOf(store, "user-000001"));

        TestContext.Current.TestOutputHelper!.WriteLine($"record {record} B, index {index} B");
        Assert.InRange(record + index, 1, 400);
        await store.ClearAsync();
    }
}
