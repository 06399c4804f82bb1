namespace Sact.Session;

/// <summary>The options of a <see cref="MemoryStore"/>. The store reads them once, when it is created.</summary>
public sealed class MemoryStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// The most memory that sessions may take, in bytes as the store estimates them; at least 64 KiB, default 256 MiB.
    /// </summary>
    /// <remarks>
    /// A tenth of it is for anonymous sessions, which replace each other, the oldest first. A user's session is never removed to make room:
    /// when users' sessions fill the memory, signing in is a <see cref="SessionStoreException"/>. The markers of ended sessions may use
    /// another sixteenth.
    /// </remarks>
    public long MaxBytes { get; set; } = 256L * 1024 * 1024;
}
