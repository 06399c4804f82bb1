using System.Globalization;

namespace Sact.Session.Tests.Fuzzing;

/// <summary>What fuzzers and interleavings need beside the seeded numbers of the contract suite.</summary>
internal static class FuzzNumbers
{
    public static byte[] Bytes(this SeededNumbers numbers, int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = (byte)numbers.Next();
        }

        return bytes;
    }

    /// <summary>Reads a number that the user of a command sets; null if it is not set.</summary>
    public static ulong? FromEnvironment(string name) =>
        Environment.GetEnvironmentVariable(name) is not { Length: > 0 } value ? null
        : ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number
        : throw new InvalidOperationException($"{name} is '{value}'. It must be a whole number, such as 1000000.");
}
