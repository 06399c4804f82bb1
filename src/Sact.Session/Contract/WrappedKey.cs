using System.Diagnostics;

namespace Sact.Session.Stores;

/// <summary>
/// The data key of a session, in a form that only a session id opens. A record keeps one beside the hash of each of its ids. A store
/// returns the bytes as it was given them; without the id they are random.
/// </summary>
[DebuggerDisplay("WrappedKey")]
public sealed class WrappedKey : IEquatable<WrappedKey>
{
    /// <summary>The number of bytes: 32.</summary>
    public const int Size = 32;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] _bytes;

    private WrappedKey(byte[] bytes) => _bytes = bytes;

    /// <summary>Restores a wrapped key from the bytes that <see cref="CopyTo"/> wrote.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <returns>The wrapped key.</returns>
    /// <exception cref="ArgumentException">The span does not have 32 bytes.</exception>
    public static WrappedKey FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new WrappedKey(bytes.ToArray())
        : throw new ArgumentException(
            $"The span has {bytes.Length} bytes. A wrapped key has exactly {Size}. Pass what CopyTo wrote.", nameof(bytes));

    /// <summary>Writes the 32 bytes.</summary>
    /// <param name="destination">A span of at least 32 bytes.</param>
    /// <exception cref="ArgumentException">The span is shorter than 32 bytes.</exception>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <inheritdoc/>
    public bool Equals(WrappedKey? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WrappedKey);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_bytes);

    /// <summary>Reveals nothing of the key.</summary>
    /// <returns>The name of this type.</returns>
    public override string ToString() => nameof(WrappedKey);
}
