using System.Diagnostics;
using System.Globalization;

namespace Sact.Session.Benchmarks;

/// <summary>A sweep of very many expired sessions while others are read: the longest wait of a read.</summary>
internal static class SweepPart
{
    public static async Task RunAsync(Report report, bool quick)
    {
        int expired = quick ? 100_000 : 1_000_000;
        var clock = new LaterClock();
        var store = new MemoryStore(new MemoryStoreOptions { MaxBytes = 4L << 30, TimeProvider = clock });
        await GrowthPart.FillAsync(
            store, expired, new SessionLifetimes(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)), clock);
        clock.Later = TimeSpan.FromHours(1);
        var live = await GrowthPart.FillAsync(store, 1_000, clock: clock);
        var keys = live.Select(cookie => store.GetSessionKey(cookie![11..])).ToArray();
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        TimeSpan quiet = await LongestAsync(store, keys, Task.Delay(TimeSpan.FromSeconds(quick ? 1 : 5)));
        long since = Stopwatch.GetTimestamp();
        long swept = 0, most = 0;
        var sweep = Task.Run(async () =>
        {
            // In the batches of the library's own sweeper.
            for (long some = 1; some > 0; swept += some)
            {
                some = await store.DeleteExpiredAsync(500);
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false));
            }
        });
        TimeSpan busy = await LongestAsync(store, keys, sweep);
        var took = Stopwatch.GetElapsedTime(since);
        GC.Collect();
        long after = GC.GetTotalMemory(forceFullCollection: true);
        report.Table(
            $"A sweep of {expired:N0} expired sessions while others are read",
            ["swept", "took", "longest read without it", "longest read with it", "memory before", "at most", "after"],
            [
                [
                    swept.ToString("N0", CultureInfo.InvariantCulture), string.Create(
                        CultureInfo.InvariantCulture, $"{took.TotalSeconds:F1} s"), Milliseconds(quiet), Milliseconds(busy),
                    .. new[] { before, most, after }.Select(
                        static bytes => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB")),
                ],
            ]);
        report.Ask(
            $"sweep of {expired:N0}",
            "no read delayed by more than 5 ms",
            $"{Milliseconds(busy)} ({Milliseconds(quiet)} without a sweep)",
            busy.TotalMilliseconds <= 5);
        report.Ask(
            $"sweep of {expired:N0}",
            "no growth of memory",
            string.Create(CultureInfo.InvariantCulture, $"{(most - before) / 1e6:N0} MB at most"),
            most - before < before / 20);
    }

    private static string Milliseconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:F2} ms");

    private static async Task<TimeSpan> LongestAsync(MemoryStore store, SessionKey[] keys, Task until)
    {
        var longest = TimeSpan.Zero;
        for (int i = 0; !until.IsCompleted; i++)
        {
            long since = Stopwatch.GetTimestamp();
            if (await store.GetAsync(keys[i % keys.Length]) is null)
            {
                throw new InvalidOperationException("A live session was swept.");
            }

            var took = Stopwatch.GetElapsedTime(since);
            longest = took > longest ? took : longest;
        }

        await until;
        return longest;
    }

    /// <summary>The system's clock, moved on as a whole: wall clock and running time agree, so that nothing looks like a jump.</summary>
    private sealed class LaterClock : TimeProvider
    {
        public TimeSpan Later { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Later;

        public override long GetTimestamp() => System.GetTimestamp() + (long)(Later.TotalSeconds * TimestampFrequency);
    }
}
