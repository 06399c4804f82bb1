namespace Sact.Session;

/// <summary>
/// Which fields of a session are sealed, and under what names. A sealed field has the name <c>$~</c> and its own, so that no value of an
/// application can pass for a sealed one.
/// </summary>
internal static class SealedFields
{
    public const string Prefix = "$~";

    // What the library must read without the cookie. None of them holds a secret: hashes, and times.
    private static readonly string[] s_open = ["$stamp", "$issued", "$expires", "$aliases", "$refreshing"];

    /// <summary>Whether a field of this name is sealed.</summary>
    /// <param name="name">Its own name.</param>
    /// <param name="metadata">Whether the application's metadata is sealed as well.</param>
    public static bool Covers(string name, bool metadata) =>
        name[0] == '$' ? !s_open.Contains(name, StringComparer.Ordinal) : metadata;

    /// <summary>Seals the fields that must be sealed.</summary>
    public static SessionFields Seal(SessionFields fields, DataKey key, bool metadata)
    {
        var all = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>(fields.Count);
        foreach (var (name, json) in fields)
        {
            all.Add(Covers(name, metadata) ? new(Prefix + name, key.Seal(name, json.Span)) : new(name, json));
        }

        return SessionFields.Restore(all);
    }

    /// <summary>
    /// A change of fields as the store gets it. A field that was open and is sealed now, or the other way round, leaves no copy.
    /// </summary>
    /// <param name="change">The change by the fields' own names.</param>
    /// <param name="key">The key of the session.</param>
    /// <param name="metadata">Whether the application's metadata is sealed.</param>
    public static FieldChange Seal(FieldChange change, DataKey key, bool metadata)
    {
        string[] remove =
        [
            .. change.Remove.SelectMany(static name => new[] { name, Prefix + name }),
            .. OtherForms(change.Set ?? SessionFields.Empty, metadata),
        ];
        return new(change.Set is { } set ? Seal(set, key, metadata) : null, remove);
    }

    /// <summary>Reads a field by its own name.</summary>
    /// <param name="record">The record. Without a data key nothing in it is sealed, and a read pays nothing.</param>
    /// <param name="key">The key of the session; null if nothing can be opened.</param>
    /// <param name="name">The field's own name.</param>
    /// <param name="json">The value; empty if there is none.</param>
    /// <returns>False if there is no such field.</returns>
    /// <exception cref="SessionStoreException">
    /// The field cannot be opened. It must not pass for an absent one: the user might have other rights.
    /// </exception>
    public static bool TryRead(SessionRecord record, DataKey? key, string name, out ReadOnlyMemory<byte> json)
    {
        if (record.CurrentKey is null)
        {
            return record.Fields.TryGetValue(name, out json);
        }

        if (record.Fields.TryGetValue(Prefix + name, out var sealedJson))
        {
            json = Open(key, name, sealedJson);
            return true;
        }

        json = default;
        return IsTrusted(name) && record.Fields.TryGetValue(name, out json);
    }

    /// <summary>The fields by their own names. Without a key, the sealed ones are left out.</summary>
    /// <param name="record">The record. Without a data key nothing in it is sealed.</param>
    /// <param name="key">The key of the session; null if nothing can be opened.</param>
    /// <param name="wanted">Which fields, by their own names.</param>
    /// <exception cref="SessionStoreException">A sealed field cannot be opened with the session's own key.</exception>
    public static SessionFields Open(SessionRecord record, DataKey? key, Func<string, bool> wanted)
    {
        var stored = record.Fields;
        if (record.CurrentKey is null)
        {
            return stored.Merge(null, stored.Select(static field => field.Key).Where(name => !wanted(name)));
        }

        var all = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>(stored.Count);
        foreach (var (storedName, json) in stored)
        {
            bool isSealed = storedName.Length > Prefix.Length && storedName.StartsWith(Prefix, StringComparison.Ordinal);
            string name = isSealed ? storedName[Prefix.Length..] : storedName;
            if (!wanted(name))
            {
                continue;
            }

            if (!isSealed)
            {
                if (IsTrusted(name) && !stored.Contains(Prefix + name))
                {
                    all.Add(new(name, json));
                }
            }
            else if (key is not null)
            {
                all.Add(new(name, Open(key, name, json)));
            }
        }

        try
        {
            return SessionFields.Restore(all);
        }
        catch (ArgumentException fault)
        {
            // A name that is invalid, or that occurs twice, was planted by somebody who can write to the store.
            throw Unopened(fault);
        }
    }

    /// <summary>
    /// The condition that a field is as it was read. A sealed value is compared as it is stored; it has another form after each write.
    /// </summary>
    public static SessionFieldCondition Unchanged(SessionRecord record, string name, bool metadata)
    {
        bool seals = record.CurrentKey is not null;
        return seals && record.Fields.TryGetValue(Prefix + name, out var sealedJson) ? new(Prefix + name, sealedJson)
            : record.Fields.TryGetValue(name, out var json) ? new(name, json)
            : new(seals && Covers(name, metadata) ? Prefix + name : name, null);
    }

    /// <summary>What nobody can open with the session's own id was changed in the store, or belongs to another session.</summary>
    public static SessionStoreException Unopened(Exception? fault = null) => new(
        "A sealed field of the session cannot be opened: it was changed in the store, or belongs to another session. End the session.",
        fault);

    private static byte[] Open(DataKey? key, string name, ReadOnlyMemory<byte> sealedJson) =>
        key is not null && key.TryOpen(name, sealedJson.Span, out byte[]? json) ? json : throw Unopened();

    // A field must not be left in its other form when it is set.
    private static IEnumerable<string> OtherForms(SessionFields set, bool metadata) =>
        set.Select(field => Covers(field.Key, metadata) ? field.Key : Prefix + field.Key);

    // In a session with a key, an open field that must be sealed was planted by somebody who can write to the store.
    private static bool IsTrusted(string name) => !Covers(name, metadata: false);
}
