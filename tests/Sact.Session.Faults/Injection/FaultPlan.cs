namespace Sact.Session.Faults;

/// <summary>
/// Which faults come in which order, how long each lasts, and how long the quiet after it is. It follows from the seed. Each kind occurs
/// once before any occurs again.
/// </summary>
internal sealed class FaultPlan(IReadOnlyList<Fault> kinds, int seed, FaultPace pace)
{
    private readonly Random _random = new(seed);
    private readonly Queue<Fault> _next = new();

    public (Fault Fault, TimeSpan Duration, TimeSpan Quiet, Random Random) Next()
    {
        if (_next.Count == 0)
        {
            var order = kinds.ToArray();
            _random.Shuffle(order);
            Array.ForEach(order, _next.Enqueue);
        }

        return (_next.Dequeue(), Between(pace.ShortestFault, pace.LongestFault), Between(pace.ShortestQuiet, pace.LongestQuiet),
            new Random(_random.Next()));
    }

    private TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * _random.NextDouble());
}

/// <summary>How long faults and the quiet between them last.</summary>
internal sealed record FaultPace(TimeSpan ShortestFault, TimeSpan LongestFault, TimeSpan ShortestQuiet, TimeSpan LongestQuiet)
{
    /// <summary>Faults that outlast StoreTimeout, and others that are shorter.</summary>
    public static FaultPace Long { get; } = Of(300, 3500, 300, 1500);

    /// <summary>For a run of seconds.</summary>
    public static FaultPace Short { get; } = Of(50, 300, 50, 150);

    /// <summary>For very many faults.</summary>
    public static FaultPace Storm { get; } = Of(1, 6, 1, 6);

    private static FaultPace Of(int shortest, int longest, int shortestQuiet, int longestQuiet) => new(
        TimeSpan.FromMilliseconds(shortest),
        TimeSpan.FromMilliseconds(longest),
        TimeSpan.FromMilliseconds(shortestQuiet),
        TimeSpan.FromMilliseconds(longestQuiet));
}
