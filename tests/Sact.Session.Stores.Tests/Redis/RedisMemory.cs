using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// What a session takes in the memory of the server, by its <c>MEMORY USAGE</c>: record and index of a user with one session, under a
/// prefix of four characters.
/// </summary>
public sealed class RedisMemory(SharedRedis shared)
{
    private const string UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
        + "Safari/537.36";

    /// <summary>
    /// With a captured client, which the session was also last seen from, it is at most 560 bytes. The wrapped key of a session with sealed
    /// fields takes 32 bytes more.
    /// </summary>
    [Theory]
    [InlineData(null, false, 400)]
    [InlineData(UserAgent, false, 560)]
    [InlineData(null, true, 440)]
    [InlineData(UserAgent, true, 600)]
    public async Task OfASessionWithThreeFieldsIsWithinTheLimit(string? userAgent, bool seals, int limit)
    {
        var client = userAgent is null ? null : new SessionClient(userAgent, "203.0.113.195");
        var server = await shared.GetAsync();
        await using var store = OpenRedis(server.Configuration, options => options.Prefix = NewPrefix()[^4..]);
        var session = NewSession(store, "user-000001") with
        {
            Presented = true,
            CurrentKey = seals ? WrappedKey.FromBytes(new byte[WrappedKey.Size]) : null,
            SignInClient = client,
            LastSeenClient = client,
            Fields = SessionFields.Create(
                [
                    new("name", "\"Alice Example\""u8.ToArray()),
                    new("role", "\"editor\""u8.ToArray()),
                    new("theme", "\"dark\""u8.ToArray()),
                ]),
        };
        await store.CreateAsync(session);
        async Task<long> UsageAsync(string key) => (long)await server.Behind.ExecuteAsync("MEMORY", "USAGE", key);

        long record = await UsageAsync(RedisSubject.NameOf(session.Key));
        long index = await UsageAsync(IndexOf(store, "user-000001"));

        TestContext.Current.TestOutputHelper!.WriteLine($"record {record} B, index {index} B");
        Assert.InRange(record + index, 1, limit);
        await store.ClearAsync();
    }
}
