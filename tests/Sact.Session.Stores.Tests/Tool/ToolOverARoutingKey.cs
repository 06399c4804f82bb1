namespace Sact.Session.Stores.Tests;

/// <summary>The command line over an application that has a secret routing key.</summary>
public sealed class ToolOverARoutingKey(SharedPostgres postgres, SharedRedis redis)
{
    private const string RoutingKey = "the-secret-routing-key";

    public static TheoryData<string> Kinds => ToolPlace.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task FindsAndEndsTheSessionsOfAUser(string kind)
    {
        await using var place = await ToolPlace.CreateAsync(kind, postgres, redis, routingKey: RoutingKey);
        var alice = await place.SignInAsync("alice");
        var bob = await place.SignInAsync("bob");

        var listed = await place.RunAsync("list", "--user", "alice");
        var ended = await place.RunAsync("end", "--user", "alice", "--yes");

        Assert.StartsWith(alice.Key.ToString(), Assert.Single(listed.Lines), StringComparison.Ordinal);
        Assert.Equal(0, ended.Code);
        Assert.False(await place.IsLiveAsync(alice));
        Assert.True(await place.IsLiveAsync(bob));
        Assert.DoesNotContain(RoutingKey, listed.Out + listed.Error + ended.Out + ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another-routing-key")]
    public async Task NamesItsVariableWhereRedisHasAnotherOne(string? routingKey)
    {
        await using var place = await ToolPlace.CreateAsync("redis", postgres, redis, routingKey: RoutingKey);
        var alice = await place.SignInAsync("alice");

        var ended = await ToolRun.Async(
            ["end", "--user", "alice", "--yes", "--store", "redis", "--prefix", place.Prefix],
            place.ConnectionString,
            routingKey: routingKey);

        Assert.Equal(3, ended.Code);
        Assert.Contains("SACT_SESSION_ROUTING_KEY", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(RoutingKey, ended.Out + ended.Error, StringComparison.Ordinal);
        Assert.True(await place.IsLiveAsync(alice));
    }
}
