namespace Sact.Session.Stores;

/// <summary>What a store met on the next part of its walk over all records.</summary>
/// <param name="Records">
/// The records, in the order of the walk. A store may leave out what cannot match the query by its columns.
/// </param>
/// <param name="End">Where the walk continues after all of them; null if it is complete.</param>
/// <param name="Looked">How many records the store looked at, those that it left out included.</param>
public sealed record ScannedRecords(IReadOnlyList<ScannedRecord> Records, byte[]? End, int Looked);

/// <summary>A record that a store met.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Stored">What is under the key.</param>
/// <param name="Position">Where the walk continues after this record, at most 200 bytes. The format belongs to the store.</param>
public readonly record struct ScannedRecord(SessionKey Key, StoredRecord Stored, byte[] Position);
