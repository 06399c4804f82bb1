using System.Security.Cryptography;

namespace Sact.Session.Stores;

/// <summary>
/// SHA-256 with one native context per thread. A hash takes 0.54 instead of 0.73 microseconds, which is a fifth of a read over memory
/// (measured on Linux x64): <see cref="SHA256.HashData(ReadOnlySpan{byte}, Span{byte})"/> creates and frees a context each time.
/// </summary>
internal static class Sha256
{
    [ThreadStatic]
    private static IncrementalHash? t_hash;

    /// <summary>Hashes two inputs as one.</summary>
    public static void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> digest)
    {
        var hash = t_hash ?? IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        // Not kept while in use: after an exception between these calls the context would hold old input.
        t_hash = null;
        hash.AppendData(first);
        hash.AppendData(second);
        hash.GetHashAndReset(digest);
        t_hash = hash;
    }
}
