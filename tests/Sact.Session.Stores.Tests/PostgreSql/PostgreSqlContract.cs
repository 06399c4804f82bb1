namespace Sact.Session.Stores.Tests;

public sealed class PostgreSqlContract(SharedPostgres shared)
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.All;

    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new PostgreSqlSubject(await shared.GetAsync());
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(11, 1500)]
    [InlineData(12, 1500)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = new PostgreSqlSubject(await shared.GetAsync());
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}
