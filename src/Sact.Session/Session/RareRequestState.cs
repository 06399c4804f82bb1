namespace Sact.Session;

/// <summary>What few requests have. One reference in place of two saves 8 bytes of each read.</summary>
/// <param name="Unended">A session whose end the store has failed to write.</param>
/// <param name="DataKey">The key of the sealed fields.</param>
internal sealed record RareRequestState(SessionRecord? Unended, DataKey? DataKey)
{
    /// <summary>Null if there is nothing to hold.</summary>
    public static RareRequestState? Of(SessionRecord? unended, DataKey? dataKey) =>
        unended is null && dataKey is null ? null : new(unended, dataKey);

    public override string ToString() => nameof(RareRequestState);
}
