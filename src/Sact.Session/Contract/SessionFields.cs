using System.Buffers;
using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>
/// A session's named values: immutable, in order, names compared ordinally. A value is UTF-8 JSON, which every store returns byte for
/// byte. <c>null</c> is a value; a removed field is absent.
/// </summary>
/// <remarks>
/// A name has 1 to 128 characters, is well-formed Unicode and has no control characters. A leading <c>$</c> marks a field of the library.
/// </remarks>
[DebuggerDisplay("{Count} fields")]
[JsonConverter(typeof(SessionFieldsJsonConverter))]
public sealed class SessionFields : IReadOnlyCollection<KeyValuePair<string, ReadOnlyMemory<byte>>>
{
    internal SessionFields(PackedFields packed, int count, int size)
    {
        Packed = packed;
        Count = count;
        SizeInBytes = size;
    }

    /// <summary>No fields.</summary>
    public static SessionFields Empty { get; } = new(new PackedFields([]), 0, 0);

    /// <summary>The number of fields.</summary>
    public int Count { get; }

    /// <summary>
    /// The sum of all names and values in bytes of UTF-8, which <c>MaxRecordBytes</c> limits. A sealed field counts as it was before.
    /// </summary>
    public int SizeInBytes { get; }

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal PackedFields Packed { get; }

    /// <summary>Makes fields of names and values, and checks every one.</summary>
    /// <param name="fields">Names, each at most once, and values in UTF-8 JSON, which are copied.</param>
    /// <returns>The fields.</returns>
    /// <exception cref="ArgumentException">
    /// A name or a value breaks a rule: an invalid or repeated name, not one JSON value, nested more than 32 deep, one name twice in an
    /// object, a lone surrogate. The message names the field and never the value.
    /// </exception>
    public static SessionFields Create(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> fields) => Pack(fields, stored: false);

    /// <summary>
    /// Restores fields from a store's own representation. The values were checked before they were stored, so only the names are checked.
    /// </summary>
    /// <param name="fields">Names, each at most once, and the values exactly as the store was given them; they are copied.</param>
    /// <returns>The fields.</returns>
    /// <exception cref="ArgumentException">A name is invalid or repeated, or a value is empty: the record is unreadable.</exception>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public static SessionFields Restore(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> fields) => Pack(fields, stored: true);

    /// <summary>Restores fields from the bytes that <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">One JSON object in UTF-8.</param>
    /// <returns>The fields.</returns>
    /// <exception cref="ArgumentException">The bytes are not what <see cref="ToJson"/> writes: the record is unreadable.</exception>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public static SessionFields RestoreJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return FieldsJson.Split(json, nameof(json), stored: true);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ArgumentException("The bytes are not one JSON object. Pass what ToJson wrote.", nameof(json), exception);
        }
    }

    /// <summary>
    /// Writes the fields as one JSON object, each value byte for byte: a form that a store can keep in one column or file.
    /// </summary>
    /// <returns>The object in UTF-8.</returns>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public byte[] ToJson()
    {
        var written = new ArrayBufferWriter<byte>(Packed.Length + 16);
        using (var writer = new Utf8JsonWriter(written, new JsonWriterOptions { SkipValidation = true }))
        {
            WriteTo(writer);
        }

        return written.WrittenSpan.ToArray();
    }

    /// <summary>Restores fields from the bytes of a packed record, which has a checksum.</summary>
    /// <exception cref="FormatException">The bytes are no fields.</exception>
    internal static SessionFields Unpack(ReadOnlySpan<byte> packed) =>
        packed.IsEmpty ? Empty
        : PackedFields.TryMeasure(packed, out int count, out int size) ? new SessionFields(new PackedFields(packed.ToArray()), count, size)
        : throw new FormatException("The fields of the record are damaged.");

    /// <summary>Gets the value of a field.</summary>
    /// <param name="name">The name, compared ordinally.</param>
    /// <param name="json">The value in UTF-8 JSON, not a copy; empty if there is no such field.</param>
    /// <returns>True if there is a field of that name, even if its value is <c>null</c>.</returns>
    public bool TryGetValue(string name, out ReadOnlyMemory<byte> json)
    {
        ArgumentNullException.ThrowIfNull(name);
        json = default;
        if (name.Length > FieldNameRule.MaxStoredLength || !UnicodeRule.IsWellFormed(name))
        {
            return false;
        }

        Span<byte> utf8 = stackalloc byte[3 * name.Length];
        int start = Packed.Find(utf8[..Encoding.UTF8.GetBytes(name, utf8)]);
        if (start < 0)
        {
            return false;
        }

        json = Packed.ValueOf(Packed.At(start));
        return true;
    }

    /// <summary>Tells whether there is a field of that name, even if its value is <c>null</c>.</summary>
    /// <param name="name">The name, compared ordinally.</param>
    /// <returns>True if there is.</returns>
    public bool Contains(string name) => TryGetValue(name, out _);

    /// <summary>
    /// The fields after a change: those of <paramref name="set"/> added or replaced, those of <paramref name="remove"/> removed.
    /// </summary>
    /// <param name="set">Fields to add or replace; null for none. A name that is in both is set.</param>
    /// <param name="remove">The names of fields to remove; null for none. The name of an absent field has no effect.</param>
    /// <returns>The merged fields; this same object if nothing changes.</returns>
    public SessionFields Merge(SessionFields? set, IEnumerable<string>? remove = null)
    {
        HashSet<string>? removed = remove is null or IReadOnlyCollection<string> { Count: 0 } ? null : new(remove, StringComparer.Ordinal);
        set ??= Empty;
        if (set.Count == 0 && removed is null or { Count: 0 })
        {
            return this;
        }

        if (Count == 0)
        {
            return set;
        }

        var builder = new PackedFieldsBuilder(Packed.Length + set.Packed.Length);
        var lookup = new FieldLookup(set.Packed, set.Count);
        foreach (var field in Packed)
        {
            int replacement = lookup.Find(field.Name);
            if (replacement >= 0)
            {
                builder.Add(field.Name, set.Packed.At(replacement).Value);
            }
            else if (removed?.Contains(Encoding.UTF8.GetString(field.Name)) != true)
            {
                builder.Add(field.Name, field.Value);
            }
        }

        lookup = new FieldLookup(Packed, Count);
        foreach (var field in set.Packed)
        {
            if (lookup.Find(field.Name) < 0)
            {
                builder.Add(field.Name, field.Value);
            }
        }

        return builder.BuildUnique();
    }

    /// <summary>Tells whether two sets of fields have the same names with byte for byte the same values, in any order.</summary>
    /// <param name="other">The other fields.</param>
    /// <returns>True if they have.</returns>
    public bool SameAs([NotNullWhen(true)] SessionFields? other) =>
        other is not null
        && other.Count == Count
        && (Packed.SameBytes(other.Packed)
            || this.All(field => other.TryGetValue(field.Key, out var value) && value.Span.SequenceEqual(field.Value.Span)));

    /// <summary>Writes the fields as one JSON object, each value byte for byte.</summary>
    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var field in Packed)
        {
            writer.WritePropertyName(field.Name);
            writer.WriteRawValue(field.Value, skipInputValidation: true);
        }

        writer.WriteEndObject();
    }

    /// <summary>
    /// The fields without the library's own, whose names begin with <c>$</c>; this same object if there are none of those.
    /// </summary>
    internal SessionFields WithoutReserved()
    {
        List<string>? reserved = null;
        foreach (var field in Packed)
        {
            if (field.Name[0] == (byte)'$')
            {
                (reserved ??= []).Add(Encoding.UTF8.GetString(field.Name));
            }
        }

        return reserved is null ? this : Merge(null, reserved);
    }

    /// <summary>The fields in order: names as strings, values in UTF-8 JSON that must not be written to.</summary>
    /// <returns>The enumerator.</returns>
    public IEnumerator<KeyValuePair<string, ReadOnlyMemory<byte>>> GetEnumerator()
    {
        for (int next = 0; next < Packed.Length;)
        {
            yield return ReadNext(ref next);
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Tells the number of fields and nothing of them.</summary>
    /// <returns>Such as "3 fields".</returns>
    public override string ToString() => $"{Count} fields";

    private static SessionFields Pack(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> fields, bool stored)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var builder = new PackedFieldsBuilder(0);
        foreach (var (name, value) in fields)
        {
            FieldNameRule.ThrowIfBroken(name, allowReserved: true, nameof(fields));
            string? error = !stored ? FieldValueRule.Validate(value.Span) : value.IsEmpty ? "is empty, which no JSON value is." : null;
            if (error is not null)
            {
                throw FieldValueRule.Exception(name, error, nameof(fields));
            }

            builder.Add(name, value.Span);
        }

        return builder.Build(nameof(fields));
    }

    private KeyValuePair<string, ReadOnlyMemory<byte>> ReadNext(ref int next)
    {
        var field = Packed.At(next);
        next = field.End;
        return new(Encoding.UTF8.GetString(field.Name), Packed.ValueOf(field));
    }
}
