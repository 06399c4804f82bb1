using Sact.Session.Stores.Tests.Servers;

namespace Sact.Session.Stores.Tests;

/// <summary>The whole suite over Garnet, which runs in this process.</summary>
public sealed class GarnetContract(GarnetFixture server) : IClassFixture<GarnetFixture>
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.All;

    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new RedisSubject(server.Connection);
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(11, 1500)]
    [InlineData(12, 1500)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = new RedisSubject(server.Connection);
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}
