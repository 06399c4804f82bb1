namespace Sact.Session.Stores.Tests;

/// <summary>The whole suite over the tables of one server, reached in one way or another.</summary>
public abstract class PostgreSqlContractCases
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.All;

    private protected abstract Task<PostgreSqlSubject> NewSubjectAsync();

    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = await NewSubjectAsync();
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(11, 1500)]
    [InlineData(12, 1500)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = await NewSubjectAsync();
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}

public sealed class PostgreSqlContract(SharedPostgres shared) : PostgreSqlContractCases
{
    private protected override async Task<PostgreSqlSubject> NewSubjectAsync() => new(await shared.GetAsync());
}

/// <summary>
/// Through a pooler that hands connections out by the transaction, fewer than there are callers: whatever a store left behind in a session
/// of the server's, another caller would find.
/// </summary>
public sealed class PostgreSqlPooledContract(SharedPostgres shared, PgBouncer pooler) : PostgreSqlContractCases, IClassFixture<PgBouncer>
{
    private protected override async Task<PostgreSqlSubject> NewSubjectAsync() =>
        new(await shared.GetAsync(), await pooler.ConnectionStringAsync());
}

/// <summary>
/// With the first handle here and the second one in another process, over one table: what two nodes do to each other is what the suite's
/// two handles do.
/// </summary>
public sealed class PostgreSqlTwoProcessesContract(
    SharedPostgres shared, SecondProcess second) : PostgreSqlContractCases, IClassFixture<SecondProcess>
{
    private protected override async Task<PostgreSqlSubject> NewSubjectAsync() => new(await shared.GetAsync(), second: second);
}
