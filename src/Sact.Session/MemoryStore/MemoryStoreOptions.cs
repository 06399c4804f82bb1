namespace Sact.Session;

/// <summary>What a <see cref="MemoryStore"/> needs to be told. Read once, when the store is made.</summary>
public sealed class MemoryStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// The most memory that sessions may take, in bytes, as the store reckons it; at least 64 KiB, default 256 MiB. A tenth of it is for anonymous sessions, which make room for
    /// each other. When it is full of users' sessions, signing in is a <see cref="SessionStoreException"/>: nobody's session goes for another's.
    /// </summary>
    public long MaxBytes { get; set; } = 256L * 1024 * 1024;
}
