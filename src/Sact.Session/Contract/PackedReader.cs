using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Sact.Session.Stores;

/// <summary>
/// Reads the body of a packed record. Every method throws a <see cref="FormatException"/> where the bytes cannot be right.
/// </summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public DateTimeOffset Time()
    {
        long time = BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));
        return time >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(time)
            : throw new FormatException("A time in the record is out of range.");
    }

    public SecretHash Hash() => new(Take(SecretHash.Size));

    public WrappedKey Key() => WrappedKey.FromBytes(Take(WrappedKey.Size));

    /// <summary>Reads a number that <see cref="PackedWriter.Number"/> wrote, of at most 31 bits.</summary>
    public int Number() => (int)Bits(31);

    /// <summary>Reads a span of time in milliseconds.</summary>
    public TimeSpan Span() => TimeSpan.FromMilliseconds(Bits(40));

    public string? String()
    {
        int length = Number();
        if (length == 0)
        {
            return null;
        }

        var utf8 = Take(length - 1);
        return Utf8.IsValid(utf8)
            ? Encoding.UTF8.GetString(utf8)
            : throw new FormatException("A string in the record is not UTF-8.");
    }

    /// <summary>Reads everything that is left.</summary>
    public ReadOnlySpan<byte> Rest()
    {
        var rest = _rest;
        _rest = [];
        return rest;
    }

    private long Bits(int most)
    {
        long number = 0;
        for (int shift = 0; shift < most; shift += 7)
        {
            byte part = Byte();
            number |= (long)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                // A record has one form only, so a last group of zero is none.
                return number < 1L << most && (part > 0 || shift == 0) ? number : throw Malformed();
            }
        }

        throw Malformed();
    }

    private static FormatException Malformed() => new("A number in the record is malformed or too large.");

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new FormatException("The record ends early.");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
