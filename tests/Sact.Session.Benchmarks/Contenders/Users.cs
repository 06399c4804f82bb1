namespace Sact.Session.Benchmarks;

/// <summary>User ids made beforehand, so that making them is no part of a measure.</summary>
internal static class Users
{
    private const int Count = 1 << 16;
    private static readonly string[] s_names = [.. Enumerable.Range(0, Count).Select(static i => $"user-{i:D6}")];
    private static int s_next;

    /// <summary>The one user that signs in from now on; null for another one each time.</summary>
    public static string? Only { get; set; }

    public static string Next() => Only ?? s_names[Interlocked.Increment(ref s_next) & (Count - 1)];
}
