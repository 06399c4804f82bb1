namespace Sact.Session.Docs.Tests;

/// <summary>Faults of pages, each with its place.</summary>
internal static class Faults
{
    /// <summary>Fails with every fault, because xUnit shortens collections.</summary>
    public static void None(IEnumerable<string> faults)
    {
        string[] all = [.. faults];
        Assert.True(all.Length == 0, $"{all.Length} faults:\n{string.Join('\n', all)}");
    }
}
