using Sact.Session.Stores.Tests.Sqlite;

namespace Sact.Session.Stores.Tests;

/// <summary>The whole suite over one SQLite file or memory database per case.</summary>
public abstract class SqliteContract
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.WithoutRareReports;

    private protected abstract SqliteSubject NewSubject();

    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = NewSubject();
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(11, 1500)]
    [InlineData(12, 1500)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = NewSubject();
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}

public sealed class SqliteFileContract : SqliteContract
{
    private protected override SqliteSubject NewSubject() => new(inMemory: false);
}

public sealed class SqliteMemoryContract : SqliteContract
{
    private protected override SqliteSubject NewSubject() => new(inMemory: true);
}

/// <summary>The sample that shows how to write a store passes all that a store must.</summary>
public sealed class FileStoreContract
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.WithoutQueries;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new FileSubject();
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task RandomCommandsAgreeWithTheModel()
    {
        await using var subject = new FileSubject();
        await StoreContractModel.RunAsync(subject, 41, 1500, TestContext.Current.CancellationToken);
    }
}
