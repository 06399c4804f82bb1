namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>The whole suite over the database of a context.</summary>
public abstract class EntityFrameworkContractCases(EntityFrameworkFixture fixture, SecondProcess? second = null)
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.WithoutReports;

    /// <summary>Not one case may be left out.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new EntityFrameworkSubject(fixture, second);
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(11, 1000)]
    [InlineData(12, 1000)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = new EntityFrameworkSubject(fixture, second);
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}

public sealed class EntityFrameworkSqliteContract(SqliteOfEntityFramework fixture)
    : EntityFrameworkContractCases(fixture), IClassFixture<SqliteOfEntityFramework>;

public sealed class EntityFrameworkPostgreSqlContract(PostgresOfEntityFramework fixture)
    : EntityFrameworkContractCases(fixture), IClassFixture<PostgresOfEntityFramework>;

/// <summary>With the first handle here and the second one in another process, over one file.</summary>
public sealed class EntityFrameworkSqliteTwoProcesses(SqliteOfEntityFramework fixture, SecondProcess second)
    : EntityFrameworkContractCases(fixture, second), IClassFixture<SqliteOfEntityFramework>, IClassFixture<SecondProcess>;

/// <summary>With the first handle here and the second one in another process, over one server: two nodes.</summary>
public sealed class EntityFrameworkPostgreSqlTwoProcesses(PostgresOfEntityFramework fixture, SecondProcess second)
    : EntityFrameworkContractCases(fixture, second), IClassFixture<PostgresOfEntityFramework>, IClassFixture<SecondProcess>;
