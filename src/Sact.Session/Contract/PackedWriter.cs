using System.Buffers.Binary;
using System.Text;

namespace Sact.Session.Stores;

/// <summary>Writes the body of a packed record into a buffer that is long enough.</summary>
internal ref struct PackedWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    public int Length { get; private set; }

    public void Byte(byte value) => _buffer[Length++] = value;

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[Length..], value);
        Length += sizeof(ushort);
    }

    public void Time(DateTimeOffset value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_buffer[Length..], value.ToUnixTimeMilliseconds());
        Length += sizeof(long);
    }

    public void Hash(SecretHash value)
    {
        value.CopyTo(_buffer[Length..]);
        Length += SecretHash.Size;
    }

    /// <summary>Writes a wrapped key, if there is one.</summary>
    public void Key(WrappedKey? value)
    {
        if (value is not null)
        {
            value.CopyTo(_buffer[Length..]);
            Length += WrappedKey.Size;
        }
    }

    /// <summary>Writes a number in groups of 7 bits, the lowest first.</summary>
    public void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>Writes a string: 0 for null, otherwise one more than its length in UTF-8, then the bytes.</summary>
    public void String(string? value)
    {
        if (value is null)
        {
            Byte(0);
            return;
        }

        Number((ulong)Encoding.UTF8.GetByteCount(value) + 1);
        Length += Encoding.UTF8.GetBytes(value, _buffer[Length..]);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_buffer[Length..]);
        Length += value.Length;
    }
}
