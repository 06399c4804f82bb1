using System.Buffers.Binary;
using System.Numerics;

namespace Sact.Session.Stores;

/// <summary>
/// The checksum of a packed record (CRC-32C, RFC 3720 appendix B.4). It finds damage and a record under another key. It is no protection
/// from somebody who may write to the store.
/// </summary>
internal static class Crc32C
{
    /// <summary>Computes the checksum of a record's bytes together with the key part that it is kept under.</summary>
    public static uint Of(SessionKeyPart key, ReadOnlySpan<byte> bytes)
    {
        Span<byte> keyBytes = stackalloc byte[SessionKeyPart.Size];
        key.CopyTo(keyBytes);
        return ~Add(Add(uint.MaxValue, keyBytes), bytes);
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte one in bytes)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return crc;
    }
}
