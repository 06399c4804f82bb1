namespace Sact.Session.Stores;

/// <summary>What a store met on the next part of its walk over all records.</summary>
/// <param name="Records">
/// The records, in the order of the walk. A store may leave out what cannot match the query by its columns.
/// </param>
/// <param name="End">Where the walk continues after all of them; null if it is complete.</param>
/// <param name="Looked">How many records the store looked at, those that it left out included.</param>
public sealed record ScannedRecords(IReadOnlyList<ScannedRecord> Records, byte[]? End, int Looked)
{
    /// <summary>Gets what a store with columns met, which walks in the order of <see cref="QueryPosition"/>.</summary>
    /// <param name="rows">
    /// The rows that the store looked at. A row whose key nobody can read is <c>default</c>. A row that the columns exclude has no record.
    /// </param>
    /// <param name="most">How many rows the store looks at before it stops.</param>
    /// <returns>What it met.</returns>
    /// <exception cref="SessionStoreException">No row of a full step has a key, so the walk has no place to continue from.</exception>
    public static ScannedRecords Of(IReadOnlyList<ScannedRecord> rows, int most)
    {
        ArgumentNullException.ThrowIfNull(rows);
        byte[]? end = null;
        if (rows.Count >= most)
        {
            end = rows.LastOrDefault(static row => !row.Key.IsDefault).Position ?? throw new SessionStoreException(
                $"The search cannot continue: the next {rows.Count} rows of the table have no session key. Another program has written "
                + "them. Delete them, and search again.");
        }

        return new([.. rows.Where(static row => row.Stored.Exists)], end, rows.Count);
    }
}

/// <summary>A record that a store met.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Stored">What is under the key.</param>
/// <param name="Position">Where the walk continues after this record, at most 200 bytes. The format belongs to the store.</param>
public readonly record struct ScannedRecord(SessionKey Key, StoredRecord Stored, byte[] Position)
{
    /// <summary>Gets a record of a store that walks in the order of <see cref="QueryPosition"/>.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="createdAt">When its session was created, in milliseconds since 1970.</param>
    /// <param name="stored">What is under the key; <c>default</c> if the columns exclude it.</param>
    public ScannedRecord(SessionKey key, long createdAt, StoredRecord stored)
        : this(key, stored, new QueryPosition(createdAt, key.KeyPart).ToBytes())
    {
    }
}
