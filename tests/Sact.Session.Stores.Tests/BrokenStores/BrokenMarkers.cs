namespace Sact.Session.Stores.Tests.BrokenStores;

internal sealed class LeavesNoMarkers(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override void Mark(EndedMarker marker) => Data.Records.Remove(marker.Key);
}

internal sealed class OverwritesMarkers(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override bool KeepsMarker(StoredRecord stored) => false;
}

internal sealed class CreatesOverMarkers(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override bool Occupies(StoredRecord occupant, SessionRecord session, DateTimeOffset now) =>
        occupant.Error is not null || occupant.IsLive(now);
}

internal sealed class LeavesNoMarkersOfAUser(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override void MarkOfUser(EndedMarker marker) => Data.Records.Remove(marker.Key);
}

internal sealed class LeavesNoMarkersInACap(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override void MarkInCap(EndedMarker marker) => Data.Records.Remove(marker.Key);
}

/// <summary>Marks the sessions of others with the reason of its own call, as a statement without the key would.</summary>
internal sealed class SaysAnotherReason(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override void Mark(EndedMarker marker)
    {
        var session = Data.Records[marker.Key];
        base.Mark(EndedMarker.Of(session, SessionEndReason.SignedOut, marker.EndedAt));
    }
}

/// <summary>Writes the marker beside the record, and reads the record first.</summary>
internal sealed class MarksAndKeeps(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override void Mark(EndedMarker marker) => Data.Markers[marker.Key] = marker;
}
