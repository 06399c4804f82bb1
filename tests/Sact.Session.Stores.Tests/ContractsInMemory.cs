namespace Sact.Session.Stores.Tests;

public sealed class MemoryStoreContract
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.All;

    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new MemorySubject();
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(11, 4000)]
    [InlineData(12, 4000)]
    [InlineData(13, 4000)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = new MemorySubject();
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}

public sealed class DictionaryStoreContract
{
    /// <summary>Without those of the optional interfaces, which this store has not.</summary>
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.WithoutQueries.Where(row =>
        !row.Data.StartsWith("Marker.", StringComparison.Ordinal) && !row.Data.StartsWith("Watch.", StringComparison.Ordinal));

    /// <summary>Not one of these cases may be left out: the store shows that every case can pass.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new DictionarySubject();
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(21, 4000)]
    [InlineData(22, 4000)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = new DictionarySubject();
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}

/// <summary>The base class for stores that keep packed records, over a dictionary: every case without a file or a server.</summary>
public sealed class RecordDictionaryStoreContract
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.WithoutReports;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new DictionarySubject((options, data) => new RecordDictionaryStore(options, data));
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(61, 4000)]
    [InlineData(62, 4000)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = new DictionarySubject((options, data) => new RecordDictionaryStore(options, data));
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }
}

/// <summary>A store without an index of users finds a user's records by their headers. Bytes that are no record have none.</summary>
public sealed class StoreWithoutAnIndexContract
{
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.WithoutReports;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Holds(string @case)
    {
        await using var subject = new DictionarySubject((options, data) => new StoreWithoutAnIndex(options, data)) { Indexed = false };
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task IsToldOfHasUserIndex()
    {
        await using var subject = new DictionarySubject((options, data) => new StoreWithoutAnIndex(options, data));

        var broken = await Assert.ThrowsAsync<StoreContractException>(
            () => ContractRows.Named("Query.AnUnreadableRecordIsCountedAndHidesNothing")
                .RunAsync(subject, TestContext.Current.CancellationToken));

        Assert.Contains(nameof(StoreContractSubject.HasUserIndex), broken.Message, StringComparison.Ordinal);
    }

    private sealed class StoreWithoutAnIndex(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
    {
        protected override IEnumerable<KeyValuePair<SessionKey, StoredRecord>> OfUser(string userId) =>
            Own().Where(found => found.Value.Header.UserId == userId);
    }
}
