namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>
/// The whole suite with its first handle here and its second one in another process, over one file: what two processes do to each other is
/// what the suite's two handles do.
/// </summary>
public sealed class SqliteTwoProcessesContract(SecondProcess second) : IClassFixture<SecondProcess>
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.WithoutReports;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new SqliteSubject(inMemory: false, second);
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(31, 1000)]
    [InlineData(32, 1000)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = new SqliteSubject(inMemory: false, second);
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}
