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

    private ReadOnlySpan<byte> AsSpan() => bytes;

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
