namespace Sact.Session.Stores;

/// <summary>The value that a field must have for a change to apply: the comparison of a compare-and-swap.</summary>
public sealed class SessionFieldCondition
{
    /// <summary>Sets the condition.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="expected">The field's value, byte for byte; null if the field must be absent.</param>
    /// <exception cref="ArgumentException">The name breaks a rule for names, or the value is empty, which no JSON value is.</exception>
    public SessionFieldCondition(string name, ReadOnlyMemory<byte>? expected)
    {
        FieldNameRule.ThrowIfBroken(name, allowReserved: true, nameof(name));
        if (expected is { IsEmpty: true })
        {
            throw new ArgumentException(
                "The expected value is empty, which no JSON value is. Pass null, a ReadOnlyMemory<byte>? without a value, for a field that "
                + "must be absent.",
                nameof(expected));
        }

        Name = name;
        Expected = expected;
    }

    /// <summary>The field's name.</summary>
    public string Name { get; }

    /// <summary>The field's value, byte for byte; null if the field must be absent.</summary>
    public ReadOnlyMemory<byte>? Expected { get; }

    /// <summary>Whether the fields meet the condition.</summary>
    internal bool Holds(SessionFields fields) => fields.TryGetValue(Name, out var value)
        ? Expected is { } expected && expected.Span.SequenceEqual(value.Span)
        : Expected is null;
}
