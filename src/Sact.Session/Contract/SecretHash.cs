using System.Buffers.Binary;
using System.Diagnostics;

namespace Sact.Session.Stores;

/// <summary>
/// The first 16 bytes of SHA-256 over (a part of) a session id. A record keeps it in place of the secret, so that a dump of the store
/// cannot be replayed (OWASP ASVS 5.0 V7.2, V11.4).
/// </summary>
/// <remarks>
/// The input is the bytes that the id's characters encode: 24 bytes (key part and lineage) for the lineage, all 42 for a rotor. The id
/// has 192 random bits, so an unsalted fast hash is enough. A comparison takes the same time wherever two hashes differ.
/// </remarks>
[DebuggerDisplay("SecretHash")]
public readonly record struct SecretHash
{
    /// <summary>The number of bytes in a hash: 16.</summary>
    public const int Size = 16;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly ulong _high;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly ulong _low;

    /// <summary>Restores a hash from the bytes that <see cref="CopyTo"/> or <see cref="ToArray"/> wrote.</summary>
    /// <param name="bytes">Exactly 16 bytes.</param>
    /// <exception cref="ArgumentException">The span does not have 16 bytes.</exception>
    public SecretHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException(
                $"The span has {bytes.Length} bytes. The hash of a secret has exactly {Size}. Pass what CopyTo or ToArray wrote.",
                nameof(bytes));
        }

        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
    }

    /// <summary>Whether this is <c>default</c>, which is the hash of nothing.</summary>
    public bool IsDefault => (_high | _low) == 0;

    /// <summary>Writes the 16 bytes.</summary>
    /// <param name="destination">A span of at least 16 bytes.</param>
    /// <exception cref="ArgumentException">The span is shorter than 16 bytes.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length < Size)
        {
            throw new ArgumentException(
                $"The span has {destination.Length} bytes. The hash of a secret needs {Size}. Pass a longer span.", nameof(destination));
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
    }

    /// <summary>Writes the 16 bytes into a new array.</summary>
    /// <returns>The new array.</returns>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Compares in constant time.</summary>
    /// <param name="other">The other hash.</param>
    /// <returns>True if all 16 bytes are the same.</returns>
    public bool Equals(SecretHash other) => ((_high ^ other._high) | (_low ^ other._low)) == 0;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>Reveals nothing of the hash.</summary>
    /// <returns>The name of this type.</returns>
    public override string ToString() => nameof(SecretHash);
}
