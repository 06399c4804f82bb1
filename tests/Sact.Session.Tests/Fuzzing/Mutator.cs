using System.Buffers.Binary;

namespace Sact.Session.Tests.Fuzzing;

/// <summary>Changes valid inputs a little: flips, cuts, repeats, splices, and puts in what breaks parsers.</summary>
internal sealed class Mutator(SeededNumbers numbers)
{
    private const string Special = "=;,\"'%\\ \t\0\r\n+/-_.:{}[]$~Aa09\u007f\u0085\u00a0\u00e9\u0130\u0663\u200b\u2028\ufeff\ufffe\uffff";

    private static readonly string[] s_pieces =
    [
        "", "null", "true", "-0", "1e999", "99999999999999999999", "9223372036854775807", "-9223372036854775808", "0.1", "1E400",
        "\ud83d\ude00", "\ud83d", "\ude00", "e\u0301", "\\u0000", "\\ud800", "%00", "%0d%0aSet-Cookie: a=b", "..", "__proto__",
        "; Domain=evil.test", "\r\nSet-Cookie: a=b", "\0", "$~", "$", "{\"a\":1,\"a\":2}", "[[[[[[[[", "==", "=",
    ];

    private static readonly long[] s_numbers =
    [
        0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue,
        253402300799999, 253402300800000, 221845392000000, -62135596800000,
    ];

    /// <summary>Bytes that differ from the input in one to three places, most of the time.</summary>
    public byte[] Bytes(byte[] input, byte[] other)
    {
        byte[] bytes = [.. input];
        for (int i = 1 + numbers.Below(3); i > 0; i--)
        {
            bytes = MutateOnce(bytes, other);
        }

        return bytes;
    }

    /// <summary>A string that differs from the input in one to three places, most of the time.</summary>
    public string String(string input, string other)
    {
        for (int i = 1 + numbers.Below(3); i > 0; i--)
        {
            input = MutateOnce(input, other);
        }

        return input;
    }

    /// <summary>A string of up to so many pieces, any characters among them.</summary>
    public string AnyString(int pieces)
    {
        string all = "";
        for (int i = numbers.Below(pieces + 1); i > 0; i--)
        {
            all += numbers.Below(4) switch
            {
                0 => numbers.Of(s_pieces),
                1 => $"{Special[numbers.Below(Special.Length)]}",
                2 => $"{(char)numbers.Below(0x10000)}",
                _ => new string((char)('a' + numbers.Below(26)), 1 + numbers.Below(12)),
            };
        }

        return all;
    }

    private byte[] MutateOnce(byte[] bytes, byte[] other)
    {
        int at = numbers.Below(bytes.Length + 1);
        int length = Math.Min(numbers.Below(12), bytes.Length - at);
        switch (numbers.Below(9))
        {
            case 0 when at < bytes.Length:
                bytes[at] ^= (byte)(1 << numbers.Below(8));
                return bytes;
            case 1 when at < bytes.Length:
                bytes[at] = (byte)numbers.Of(s_numbers);
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 4:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 5:
                return [.. bytes[..at], .. numbers.Bytes(1 + numbers.Below(9)), .. bytes[at..]];
            case 6:
                return [.. bytes[..at], .. other[Math.Min(at, other.Length)..]];
            case 7 when at + sizeof(long) <= bytes.Length:
                BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), numbers.Of(s_numbers));
                return bytes;
            default:
                length = Math.Min(length, Math.Max(0, other.Length - at));
                other.AsSpan(Math.Min(at, other.Length), length).CopyTo(bytes.AsSpan(at));
                return bytes;
        }
    }

    private string MutateOnce(string text, string other)
    {
        int at = numbers.Below(text.Length + 1);
        int length = Math.Min(numbers.Below(12), text.Length - at);
        return numbers.Below(8) switch
        {
            0 => text[..at],
            1 => text[..at] + text[(at + length)..],
            2 => text[..(at + length)] + text[at..],
            3 => text[..at] + other[Math.Min(at, other.Length)..],
            4 => text[..at] + numbers.Of(s_pieces) + text[at..],
            5 => text[..at] + Special[numbers.Below(Special.Length)] + text[Math.Min(at + 1, text.Length)..],
            6 => text[..at] + (char)numbers.Below(0x10000) + text[at..],
            _ => text[..at] + text.Substring(at, length).ToUpperInvariant() + text[(at + length)..],
        };
    }
}
