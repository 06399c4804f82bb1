using System.Security.Cryptography;

namespace Sact.Session.Stores;

/// <summary>
/// Random bytes from <see cref="RandomNumberGenerator"/>, drawn for a dozen ids at a time: a draw costs much the same whatever its size. Each thread has its own, no byte is given twice, and what was given is
/// wiped from the stock.
/// </summary>
internal static class RandomBuffer
{
    private const int Size = 12 * SessionIdFormat.ByteLength;

    [ThreadStatic]
    private static byte[]? t_stock;

    [ThreadStatic]
    private static int t_left;

    public static void Fill(Span<byte> destination)
    {
        if (destination.Length > t_left)
        {
            t_stock ??= GC.AllocateUninitializedArray<byte>(Size, pinned: true);
            RandomNumberGenerator.Fill(t_stock);
            t_left = Size;
        }

        t_left -= destination.Length;
        var given = t_stock.AsSpan(t_left, destination.Length);
        given.CopyTo(destination);
        CryptographicOperations.ZeroMemory(given);
    }
}
