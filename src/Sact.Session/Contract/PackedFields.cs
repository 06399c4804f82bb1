using System.Text.Unicode;

namespace Sact.Session.Stores;

/// <summary>
/// Fields in one array of bytes: for each its name's length, its value's length, the name in UTF-8, the value. A length is in groups of 7
/// bits, the lowest first, so that nearly every length takes one byte.
/// </summary>
/// <remarks>
/// Three short fields take 95 bytes, where a dictionary of strings and arrays takes 407, and reading them from JSON takes a third less
/// time (measured on Linux x64). A lookup takes 20 nanoseconds instead of 10.
/// </remarks>
internal readonly struct PackedFields(byte[] bytes)
{
    public int Length => bytes.Length;

    public ReadOnlyMemory<byte> ValueOf(PackedField field) => bytes.AsMemory(field.ValueStart, field.Value.Length);

    public PackedField At(int start) => new(bytes, start);

    /// <summary>Finds the first field of a name.</summary>
    /// <returns>Where the field begins; -1 if there is none.</returns>
    public int Find(ReadOnlySpan<byte> name)
    {
        foreach (var field in this)
        {
            if (name.SequenceEqual(field.Name))
            {
                return field.Start;
            }
        }

        return -1;
    }

    public bool SameBytes(PackedFields other) => bytes.AsSpan().SequenceEqual(other.AsSpan());

    public Enumerator GetEnumerator() => new(bytes);

    public ReadOnlySpan<byte> AsSpan() => bytes;

    /// <summary>Counts the fields of bytes that a store returned, and checks that they are fields.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="count">The number of fields.</param>
    /// <param name="size">The sum of all names and values.</param>
    /// <returns>False if a field ends after the bytes, has no name or no value, or its name is not UTF-8.</returns>
    public static bool TryMeasure(ReadOnlySpan<byte> bytes, out int count, out int size)
    {
        (count, size) = (0, 0);
        for (int at = 0; at < bytes.Length; count++)
        {
            if (!TryReadLength(bytes, ref at, out int name)
                || !TryReadLength(bytes, ref at, out int value)
                || name > bytes.Length - at
                || value > bytes.Length - at - name
                || !Utf8.IsValid(bytes.Slice(at, name)))
            {
                return false;
            }

            size += SealedSize.Of(bytes.Slice(at, name), value);
            at += name + value;
        }

        return true;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> bytes, ref int at, out int length)
    {
        length = 0;
        for (int shift = 0; shift < 28 && at < bytes.Length; shift += 7)
        {
            byte part = bytes[at++];
            length |= (part & 0x7f) << shift;
            if (part < 0x80)
            {
                return part > 0;
            }
        }

        return false;
    }

    internal ref struct Enumerator(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _next;

        public PackedField Current { get; private set; }

        public bool MoveNext()
        {
            if (_next == _bytes.Length)
            {
                return false;
            }

            Current = new PackedField(_bytes, _next);
            _next = Current.End;
            return true;
        }
    }
}
