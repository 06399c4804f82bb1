using Sact.Session.Stores.Tests.Servers;
using StackExchange.Redis;

namespace Sact.Session.Stores.Tests;

/// <summary>The whole suite over a server that speaks Redis. After every case each key that it left has a TTL.</summary>
public abstract class RedisServersContract
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.All;

    private protected abstract Task<IReadOnlyList<IConnectionMultiplexer>> ConnectionsAsync();

    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(Cases))]
    [Trait("abuse", "E11")]
    public async Task Holds(string @case)
    {
        await using var subject = new RedisSubject(await ConnectionsAsync());
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
        await subject.EveryKeyHasATtlAsync();
    }

    [Theory]
    [InlineData(11, 1500)]
    [InlineData(12, 1500)]
    [Trait("abuse", "E11")]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = new RedisSubject(await ConnectionsAsync());
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
        await subject.EveryKeyHasATtlAsync();
    }
}

public sealed class RedisContract(SharedRedis shared) : RedisServersContract
{
    private protected override Task<IReadOnlyList<IConnectionMultiplexer>> ConnectionsAsync() => shared.ConnectionsAsync();
}

public sealed class RedisClusterContract(SharedRedisCluster shared) : RedisServersContract
{
    private protected override Task<IReadOnlyList<IConnectionMultiplexer>> ConnectionsAsync() => shared.ConnectionsAsync();
}

/// <summary>Garnet runs in this process, and so on any machine.</summary>
public sealed class GarnetContract(GarnetFixture server) : RedisServersContract, IClassFixture<GarnetFixture>
{
    private protected override Task<IReadOnlyList<IConnectionMultiplexer>> ConnectionsAsync() =>
        Task.FromResult<IReadOnlyList<IConnectionMultiplexer>>([server.Connection]);
}

/// <summary>
/// The whole suite with its first handle here and its second one in another process: what two processes do to each other is what the
/// suite's two handles do.
/// </summary>
public sealed class RedisTwoProcessesContract(SharedRedis shared, SecondProcess second) : IClassFixture<SecondProcess>
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.All;

    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        var server = await shared.GetAsync();
        await using var subject = new RedisSubject(await shared.ConnectionsAsync(), second, server.Configuration);
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(31, 1000)]
    [InlineData(32, 1000)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        var server = await shared.GetAsync();
        await using var subject = new RedisSubject(await shared.ConnectionsAsync(), second, server.Configuration);
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}
