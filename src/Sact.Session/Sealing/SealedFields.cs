namespace Sact.Session;

/// <summary>
/// Which fields of a session are sealed, and under what names. A sealed field has the name <c>$~</c> and its own, so that no value of an
/// application can pass for a sealed one.
/// </summary>
internal static class SealedFields
{
    public const string Prefix = "$~";

    // What the library must read without the cookie. None of them holds a secret: a hash, and times.
    private static readonly string[] s_open = ["$stamp", "$issued", "$expires"];

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
    /// <param name="change">The change by the fields' own names; its condition is already that of the stored field.</param>
    /// <param name="key">The key of the session.</param>
    /// <param name="metadata">Whether the application's metadata is sealed.</param>
    public static FieldChange Seal(FieldChange change, DataKey key, bool metadata)
    {
        string[] remove =
        [
            .. change.Remove.SelectMany(static name => new[] { name, Prefix + name }),
            .. OtherForms(change.Set ?? SessionFields.Empty, metadata),
        ];
        return change with { Set = change.Set is { } set ? Seal(set, key, metadata) : null, Remove = remove };
    }

    /// <summary>The names under which fields must not be left when they are set: sealed if they are open now, or the other way round.</summary>
    public static string[] OtherForms(SessionFields set, bool metadata) =>
        [.. set.Select(field => Covers(field.Key, metadata) ? field.Key : Prefix + field.Key)];

    /// <summary>Reads a field by its own name.</summary>
    /// <param name="stored">The fields as they are stored.</param>
    /// <param name="key">The key of the session; null if nothing can be opened.</param>
    /// <param name="name">The field's own name.</param>
    /// <param name="json">The value; empty if there is none.</param>
    /// <returns>False if there is no such field, or if it cannot be opened.</returns>
    public static bool TryRead(SessionFields stored, DataKey? key, string name, out ReadOnlyMemory<byte> json)
    {
        if (stored.TryGetValue(name, out json))
        {
            return true;
        }

        if (key is not null && stored.TryGetValue(Prefix + name, out var sealedJson) && key.TryOpen(name, sealedJson.Span, out byte[]? opened))
        {
            json = opened;
            return true;
        }

        json = default;
        return false;
    }

    /// <summary>The fields by their own names. One that cannot be opened is left out.</summary>
    /// <param name="stored">The fields as they are stored.</param>
    /// <param name="key">The key of the session; null if nothing can be opened.</param>
    /// <param name="wanted">Which fields, by their own names.</param>
    public static SessionFields Open(SessionFields stored, DataKey? key, Func<string, bool> wanted)
    {
        var all = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>(stored.Count);
        foreach (var (storedName, json) in stored)
        {
            bool isSealed = storedName.StartsWith(Prefix, StringComparison.Ordinal);
            string name = isSealed ? storedName[Prefix.Length..] : storedName;
            if (!wanted(name))
            {
                continue;
            }

            if (!isSealed)
            {
                all.Add(new(name, json));
            }
            else if (key is not null && key.TryOpen(name, json.Span, out byte[]? opened))
            {
                all.Add(new(name, opened));
            }
        }

        return SessionFields.Restore(all);
    }

    /// <summary>
    /// The condition that a field is as it was read. A sealed value is compared as it is stored; it has another form after each write.
    /// </summary>
    public static SessionFieldCondition Unchanged(SessionFields stored, string name, bool isSealed) =>
        stored.TryGetValue(Prefix + name, out var sealedJson) ? new(Prefix + name, sealedJson)
        : stored.TryGetValue(name, out var json) ? new(name, json)
        : new(isSealed ? Prefix + name : name, null);
}
