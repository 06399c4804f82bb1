namespace Sact.Session.Stores;

/// <summary>The wrapped data keys of a record, one for each of its ids. They are one object, because most records have none.</summary>
internal sealed record RecordKeys(WrappedKey? Current, WrappedKey? Pending, WrappedKey? Previous)
{
    public static readonly RecordKeys None = new(null, null, null);

    public override string ToString() => nameof(RecordKeys);
}
