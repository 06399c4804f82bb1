namespace Sact.Session.Tool;

/// <summary>What a check has found: problems as sentences without a user id, and figures.</summary>
internal sealed class CheckFindings
{
    public List<string> Problems { get; } = [];

    public SortedDictionary<string, string> Figures { get; } = new(StringComparer.Ordinal);
}
