using System.Collections;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>
/// A record's named values: immutable, in order, names compared ordinally. A value is opaque UTF-8 JSON, which every store returns byte for byte.
/// <c>null</c> is a value; a field that was removed is absent.
/// </summary>
/// <remarks>Names have 1 to 128 characters, are well-formed and have no control characters; a leading <c>$</c> marks a field of the library's own.</remarks>
[DebuggerDisplay("{Count} fields")]
[JsonConverter(typeof(SessionFieldsJsonConverter))]
public sealed partial class SessionFields : IReadOnlyCollection<KeyValuePair<string, ReadOnlyMemory<byte>>>
{
    // One buffer for all: per field the length of the name, that of the value (7 bits a byte, the low ones first, as nearly all fit one), the name in UTF-8, the value.
    private const int FewFields = 16;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] _packed;

    private SessionFields(byte[] packed, int count, int size)
    {
        _packed = packed;
        Count = count;
        SizeInBytes = size;
    }

    /// <summary>No fields.</summary>
    public static SessionFields Empty { get; } = new([], 0, 0);

    /// <summary>The number of fields.</summary>
    public int Count { get; }

    /// <summary>The sum of all names and values in UTF-8 bytes: what <c>MaxRecordBytes</c> limits.</summary>
    public int SizeInBytes { get; }

    internal int PackedLength => _packed.Length;

    /// <summary>Makes fields of names and values, checking every one.</summary>
    /// <param name="fields">Names, each at most once, and UTF-8 JSON values, which are copied.</param>
    /// <exception cref="ArgumentException">
    /// A name or a value breaks a rule: a bad or repeated name, no single JSON value, deeper than 32, a name twice in one object, a lone surrogate.
    /// </exception>
    public static SessionFields Create(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var packer = new Packer(0);
        foreach (var (name, value) in fields)
        {
            SessionFieldRule.ThrowIfBadName(name, allowReserved: true, nameof(fields));
            if (SessionFieldRule.ValidateValue(value.Span) is { } fault)
            {
                throw new ArgumentException("A field's value " + fault, nameof(fields));
            }

            packer.Add(name, value.Span);
        }

        return packer.ToFields(nameof(fields));
    }

    /// <summary>
    /// Takes fields back from a store's own representation. The values were checked when they went in, so only the names' rules are checked here.
    /// </summary>
    /// <param name="fields">Names, each at most once, and the values exactly as they were given to the store; they are copied.</param>
    /// <exception cref="ArgumentException">A name is bad or repeated, or a value is empty: the record is unreadable.</exception>
    public static SessionFields Restore(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var packer = new Packer(0);
        foreach (var (name, value) in fields)
        {
            SessionFieldRule.ThrowIfBadName(name, allowReserved: true, nameof(fields));
            if (value.IsEmpty)
            {
                throw new ArgumentException("A field's value is not empty.", nameof(fields));
            }

            packer.Add(name, value.Span);
        }

        return packer.ToFields(nameof(fields));
    }

    /// <summary>The value of a field as UTF-8 JSON, not a copy; false if there is no field of that name.</summary>
    /// <param name="name">The name, compared ordinally.</param>
    /// <param name="json">The value, or empty.</param>
    public bool TryGetValue(string name, out ReadOnlyMemory<byte> json)
    {
        ArgumentNullException.ThrowIfNull(name);
        int at = Ascii.IsValid(name) ? FindAscii(name) : FindOther(name);
        if (at < 0)
        {
            json = default;
            return false;
        }

        var entry = EntryAt(at);
        json = _packed.AsMemory(entry.ValueStart, entry.ValueLength);
        return true;
    }

    /// <summary>Whether there is a field of that name, even one whose value is <c>null</c>.</summary>
    /// <param name="name">The name, compared ordinally.</param>
    public bool Contains(string name) => TryGetValue(name, out _);

    /// <summary>The fields after a change: those of <paramref name="set"/> added or replaced, those of <paramref name="remove"/> gone.</summary>
    /// <param name="set">Fields to add or replace; null for none. A name that is in both is set.</param>
    /// <param name="remove">Names to remove; a name that is not there is skipped. Null for none.</param>
    /// <returns>These fields themselves if nothing is to change.</returns>
    public SessionFields Merge(SessionFields? set, IEnumerable<string>? remove = null)
    {
        HashSet<string>? gone = remove is null or ICollection<string> { Count: 0 } or IReadOnlyCollection<string> { Count: 0 } ? null : new(remove, StringComparer.Ordinal);
        if (set is null or { Count: 0 } && gone is null or { Count: 0 })
        {
            return this;
        }

        if (Count == 0)
        {
            return set ?? this;
        }

        set ??= Empty;
        var index = set.Index();
        var packer = new Packer(_packed.Length + set._packed.Length);
        for (int at = 0; at < _packed.Length;)
        {
            var entry = EntryAt(at);
            int replacement = set.Find(entry.Name, index);
            if (replacement >= 0)
            {
                packer.AddUnique(set.EntryAt(replacement).Name, set.ValueOf(set.EntryAt(replacement)));
            }
            else if (gone?.Contains(Encoding.UTF8.GetString(entry.Name)) != true)
            {
                packer.AddUnique(entry.Name, ValueOf(entry));
            }

            at = entry.End;
        }

        index = Index();
        for (int at = 0; at < set._packed.Length;)
        {
            var entry = set.EntryAt(at);
            if (Find(entry.Name, index) < 0)
            {
                packer.AddUnique(entry.Name, set.ValueOf(entry));
            }

            at = entry.End;
        }

        return packer.ToFields(nameof(set));
    }

    /// <summary>Whether two sets of fields have the same names with byte-for-byte the same values, in whatever order.</summary>
    /// <param name="other">The other fields.</param>
    public bool SameAs([NotNullWhen(true)] SessionFields? other)
    {
        if (other is null || other.Count != Count)
        {
            return false;
        }

        if (_packed.AsSpan().SequenceEqual(other._packed))
        {
            return true;
        }

        foreach (var (name, value) in this)
        {
            if (!other.TryGetValue(name, out var theirs) || !theirs.Span.SequenceEqual(value.Span))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes the fields as one JSON object, each value byte for byte.</summary>
    /// <param name="writer">The writer; it stands where a value is due.</param>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        for (int at = 0; at < _packed.Length;)
        {
            var entry = EntryAt(at);
            writer.WritePropertyName(entry.Name);
            writer.WriteRawValue(_packed.AsSpan(entry.ValueStart, entry.ValueLength), skipInputValidation: true);
            at = entry.End;
        }

        writer.WriteEndObject();
    }

    /// <summary>The fields without those of the library's own, whose names begin with <c>$</c>.</summary>
    public SessionFields WithoutReserved()
    {
        List<string>? reserved = null;
        for (int at = 0; at < _packed.Length;)
        {
            var entry = EntryAt(at);
            if (entry.Name[0] == (byte)'$')
            {
                (reserved ??= []).Add(Encoding.UTF8.GetString(entry.Name));
            }

            at = entry.End;
        }

        return reserved is null ? this : Merge(null, reserved);
    }

    /// <summary>The fields in order, names as text, values as UTF-8 JSON that must not be written to.</summary>
    public IEnumerator<KeyValuePair<string, ReadOnlyMemory<byte>>> GetEnumerator()
    {
        for (int at = 0; at < _packed.Length;)
        {
            int start, length;
            string name;
            {
                var entry = EntryAt(at);
                name = Encoding.UTF8.GetString(entry.Name);
                (start, length, at) = (entry.ValueStart, entry.ValueLength, entry.End);
            }

            yield return new(name, _packed.AsMemory(start, length));
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Tells the number of fields and nothing of them.</summary>
    public override string ToString() => $"{Count} fields";
}
