namespace Sact.Session.Stores.Tests;

/// <summary>
/// The suite as rows of a theory, each with the abuse it repels as its traits: <c>--filter-trait "abuse=G4"</c>. A row is the case's name,
/// because only rows of what xunit can write down are there to be filtered before the run.
/// </summary>
internal static class ContractRows
{
    public static IEnumerable<TheoryDataRow<string>> All => StoreContractSuite.Cases.Select(@case =>
    {
        var row = new TheoryDataRow<string>(@case.Name);
        foreach (string abuse in @case.Abuse)
        {
            row = row.WithTrait("abuse", abuse);
        }

        return row;
    });

    /// <summary>Without the report of a replaced id and of the end of all, which SQLite does not have.</summary>
    public static IEnumerable<TheoryDataRow<string>> WithoutRareReports =>
        All.Where(row => row.Data != "Watch.ReplacedIdElsewhereIsReported");

    /// <summary>Without the cases of stores that report the ends of other processes.</summary>
    public static IEnumerable<TheoryDataRow<string>> WithoutReports =>
        WithoutRareReports.Where(row => row.Data != "Watch.EndElsewhereIsReported");

    /// <summary>For a store that only keeps sessions and lists those of a user.</summary>
    public static IEnumerable<TheoryDataRow<string>> WithoutQueries =>
        WithoutReports.Where(row => !row.Data.StartsWith("Query.", StringComparison.Ordinal));

    public static StoreContractCase Named(string name) => Assert.Single(StoreContractSuite.Cases, @case => @case.Name == name);
}
