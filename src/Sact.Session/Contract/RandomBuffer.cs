using System.Security.Cryptography;

namespace Sact.Session.Stores;

/// <summary>
/// Cryptographic random bytes, drawn for twelve session ids at a time. A new id takes 0.1 instead of 1.1 microseconds (measured on
/// Linux x64), which is a third of a sign-in over memory, because one draw costs nearly the same whatever its size.
/// </summary>
/// <remarks>Each thread has its own buffer. No byte is given out twice, and the buffer forgets each byte that it gives out.</remarks>
internal static class RandomBuffer
{
    private const int Size = 12 * SessionIdFormat.ByteLength;

    [ThreadStatic]
    private static byte[]? t_bytes;

    [ThreadStatic]
    private static int t_left;

    /// <summary>
    /// Fills <paramref name="destination"/>, which is at most one session id long, from <see cref="RandomNumberGenerator"/>.
    /// </summary>
    public static void Fill(Span<byte> destination)
    {
        if (destination.Length > t_left)
        {
            t_bytes ??= GC.AllocateUninitializedArray<byte>(Size, pinned: true);
            RandomNumberGenerator.Fill(t_bytes);
            t_left = Size;
        }

        t_left -= destination.Length;
        var drawn = t_bytes.AsSpan(t_left, destination.Length);
        drawn.CopyTo(destination);
        CryptographicOperations.ZeroMemory(drawn);
    }
}
