namespace Sact.Session.Stores;

/// <summary>One field inside <see cref="PackedFields"/>.</summary>
internal readonly ref struct PackedField
{
    public PackedField(ReadOnlySpan<byte> bytes, int start)
    {
        int at = start;
        int nameLength = ReadLength(bytes, ref at);
        int valueLength = ReadLength(bytes, ref at);
        Start = start;
        Name = bytes.Slice(at, nameLength);
        ValueStart = at + nameLength;
        Value = bytes.Slice(ValueStart, valueLength);
    }

    /// <summary>Where the field begins.</summary>
    public int Start { get; }

    /// <summary>The name in UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Where the value begins.</summary>
    public int ValueStart { get; }

    /// <summary>The value, UTF-8 JSON.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Where the next field begins.</summary>
    public int End => ValueStart + Value.Length;

    private static int ReadLength(ReadOnlySpan<byte> bytes, ref int at)
    {
        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[at++];
            length |= (part & 0x7f) << shift;
            if (part < 0x80)
            {
                return length;
            }
        }
    }
}
