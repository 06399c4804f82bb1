namespace Sact.Session;

/// <summary>A change of fields.</summary>
/// <param name="Set">Fields to add or replace; null for none.</param>
/// <param name="Remove">Names to remove. A name that is also set is set.</param>
internal readonly record struct FieldChange(SessionFields? Set, IReadOnlyList<string> Remove);
