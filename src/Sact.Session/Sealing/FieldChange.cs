namespace Sact.Session;

/// <summary>A change of fields, with the condition under which it applies.</summary>
/// <param name="Set">Fields to add or replace; null for none.</param>
/// <param name="Remove">Names to remove. A name that is also set is set.</param>
/// <param name="Condition">What a field must be; null for no condition.</param>
internal readonly record struct FieldChange(SessionFields? Set, IReadOnlyList<string> Remove, SessionFieldCondition? Condition);
