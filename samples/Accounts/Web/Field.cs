namespace Accounts.Web;

/// <summary>
/// One labelled input of a form, drawn by <c>_Field.cshtml</c> with its hint and its error, which a screen reader reads along with it.
/// </summary>
/// <param name="Name">The bound property.</param>
/// <param name="Label">What it is called.</param>
/// <param name="AutoComplete">What a password manager or a browser may fill in.</param>
internal sealed record Field(string Name, string Label, string AutoComplete)
{
    public string Type { get; init; } = "text";

    public string? Hint { get; init; }

    /// <summary>What stands in it. Never a password.</summary>
    public string? Value { get; init; }

    public int MaxLength { get; init; }
}
