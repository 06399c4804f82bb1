using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Sact.Session.Stores;

/// <summary>
/// The first 16 bytes of SHA-256 over (a part of) a session id: what a record keeps in place of the secret, so that a dump of the store
/// cannot be replayed (OWASP ASVS 5.0 V7.2, V11.4).
/// </summary>
/// <remarks>
/// The input is the bytes that the id's characters encode: 24 bytes (key part and lineage) for the lineage, all 42 for a rotor. The id carries
/// 192 bits of randomness, so an unsalted fast hash is enough. Comparison takes the same time whatever differs.
/// </remarks>
[DebuggerDisplay("SecretHash")]
public readonly struct SecretHash : IEquatable<SecretHash>
{
    /// <summary>The number of bytes in a hash.</summary>
    public const int Size = 16;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly ulong _high;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly ulong _low;

    /// <summary>Takes a hash back from the bytes that <see cref="CopyTo"/> wrote.</summary>
    /// <param name="bytes">Exactly 16 bytes.</param>
    /// <exception cref="ArgumentException">The span does not hold 16 bytes.</exception>
    public SecretHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException("A secret's hash has exactly 16 bytes.", nameof(bytes));
        }

        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
    }

    /// <summary>Whether this is <c>default</c>, which is the hash of nothing.</summary>
    public bool IsDefault => (_high | _low) == 0;

    /// <summary>Writes the 16 bytes.</summary>
    /// <param name="destination">Room for at least 16 bytes.</param>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length < Size)
        {
            throw new ArgumentException("A secret's hash needs 16 bytes of room.", nameof(destination));
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
    }

    /// <summary>The 16 bytes in a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Compares in constant time.</summary>
    /// <param name="other">The other hash.</param>
    public bool Equals(SecretHash other) => ((_high ^ other._high) | (_low ^ other._low)) == 0;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is SecretHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>Tells nothing of the hash.</summary>
    public override string ToString() => nameof(SecretHash);

    /// <summary>Compares in constant time.</summary>
    /// <param name="left">One hash.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(SecretHash left, SecretHash right) => left.Equals(right);

    /// <summary>Compares in constant time.</summary>
    /// <param name="left">One hash.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(SecretHash left, SecretHash right) => !left.Equals(right);
}
