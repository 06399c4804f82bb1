using System.Buffers.Binary;

namespace Sact.Session.StoreContract;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014). The same seed gives the same numbers on every machine and in every version, which System.Random
/// does not promise.
/// </summary>
internal sealed class SeededNumbers(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Gets a number from 0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public bool Percent(int chance) => Below(100) < chance;

    public T Of<T>(IReadOnlyList<T> things) => things[Below(things.Count)];

    public TimeSpan UpTo(TimeSpan most) => TimeSpan.FromMilliseconds((long)(Next() % (ulong)(most.TotalMilliseconds + 1)));

    public SecretHash Hash()
    {
        Span<byte> bytes = stackalloc byte[SecretHash.Size];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next());
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Next() | 1);
        return new SecretHash(bytes);
    }
}
