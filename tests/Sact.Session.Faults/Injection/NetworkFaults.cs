namespace Sact.Session.Faults;

/// <summary>What a network does to the connections of a store, whatever its protocol.</summary>
internal static class NetworkFaults
{
    // A server is taken for silent after five seconds, and then has one second more to answer.
    private const double SilenceOfAServer = 6;

    public static IEnumerable<Fault> Over(IReadOnlyList<FaultProxy> proxies)
    {
        yield return State("delay", NetworkState.Slow, proxies);
        yield return State("drop", NetworkState.Silent, proxies);
        yield return State("refuse", NetworkState.Refusing, proxies);
        yield return State("cut in mid-reply", NetworkState.CuttingAnswers, proxies);

        // Not in a storm: a length that was changed may make a client take a large array, which the pool of the runtime keeps for a while.
        yield return State("garble", NetworkState.Garbling, proxies) with { IsDoubtful = true, IsQuick = false };
        yield return new Fault(
            "half-open",
            context =>
            {
                Each(proxies, proxy => proxy.HalfOpen());
                return context.HoldAsync();
            },
            Allowance: SilenceOfAServer);
        yield return new Fault(
            "cut",
            context =>
            {
                Each(proxies, proxy => proxy.Break());
                return context.HoldAsync();
            },
            IsQuick: true);
    }

    private static Fault State(string kind, NetworkState state, IReadOnlyList<FaultProxy> proxies) => new(
        kind,
        async context =>
        {
            Each(proxies, proxy => proxy.Begin(state));
            await context.HoldAsync();
            Each(proxies, proxy => proxy.Clear());
        },
        IsQuick: true);

    private static void Each(IReadOnlyList<FaultProxy> proxies, Action<FaultProxy> act)
    {
        foreach (var proxy in proxies)
        {
            act(proxy);
        }
    }
}
