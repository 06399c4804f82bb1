using System.Globalization;

namespace Sact.Session.Tests.Fuzzing;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014). The same seed gives the same numbers on every machine and in every version, which System.Random
/// does not promise. So one number names an input or an interleaving for ever.
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

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = (byte)Next();
        }

        return bytes;
    }

    /// <summary>Reads a number that the user of a command sets; null if it is not set.</summary>
    public static ulong? FromEnvironment(string name) =>
        Environment.GetEnvironmentVariable(name) is not { Length: > 0 } value ? null
        : ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number
        : throw new InvalidOperationException($"{name} is '{value}'. It must be a whole number, such as 1000000.");
}
