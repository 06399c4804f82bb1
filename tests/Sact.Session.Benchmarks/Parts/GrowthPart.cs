using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace Sact.Session.Benchmarks;

/// <summary>
/// How the cost of a read grows with the number of live sessions and of threads, and what a live session takes in memory.
/// </summary>
internal static class GrowthPart
{
    private const int Sample = 20_000;

    public static async Task RunAsync(Report report, bool quick)
    {
        await MemoryAsync(report, quick);
        await SizesAsync(report, quick);
        await ThreadsAsync(report);
    }

    private static async Task MemoryAsync(Report report, bool quick)
    {
        int sessions = quick ? 30_000 : 100_000;
        var rows = new List<string[]>();
        foreach (var contender in new Contender[] { ProcessPart.Stock(), ProcessPart.Memory() })
        {
            var (live, after, count) = await MemoryOfAsync(contender, sessions);
            rows.Add(
                [contender.Name, string.Create(CultureInfo.InvariantCulture, $"{live:N0} B"), string.Create(
                    CultureInfo.InvariantCulture, $"{after:N0} B")]);
            if (count is { } left)
            {
                report.AskAtMost("memory per live session, user + 3 fields, index included", "≤ 480 B", live, 480, "{0:N0} B");
                report.AskAtMost(
                    "left after every sign-out",
                    "no record and no index entry",
                    left,
                    0,
                    "{0:N0} sessions; " + string.Create(
                        CultureInfo.InvariantCulture, $"{after:N0} B of a session's {live:N0} B, the tables' own arrays"));
            }
        }

        report.Table($"Memory per session, {sessions:N0} users with one each", ["contender", "live", "after sign-out"], rows);
        report.Bars(
            "memory",
            "Bytes per live session",
            rows.Select(static row => (row[0], double.Parse(row[1].Split(' ')[0], NumberStyles.Number, CultureInfo.InvariantCulture))));
    }

    /// <summary>
    /// Bytes of a live session and what stays of them when it has ended, and how many are left then. By itself, so that nothing of the
    /// contender before is alive at the one moment and not at the other.
    /// </summary>
    private static async Task<(double Live, double After, long? Left)> MemoryOfAsync(Contender contender, int sessions)
    {
        await using var runner = new Runner(contender);
        await runner.SendAsync(contender.Endpoint(Scenario.SignOut)!, await runner.SignedInAsync());
        string?[] cookies = new string?[sessions];
        var answers = new StringValues[sessions];
        long empty = Settled();
        await runner.MeasureAsync(contender.Endpoint(Scenario.SignIn)!, cookies, answers);
        Keep(answers, cookies);
        long live = Settled() - CookieBytes(cookies);
        await runner.MeasureAsync(contender.Endpoint(Scenario.SignOut)!, cookies);
        Array.Clear(cookies);
        long after = Math.Max(Settled(), empty);
        GC.KeepAlive(cookies);
        GC.KeepAlive(answers);
        var store = runner.Pipeline.Services.GetService<IGenericStore>();
        long? left = store is null ? null : await store.CountActiveSessionsAsync();
        return ((live - empty) / (double)sessions, (after - empty) / (double)sessions, left);
    }

    private static void Keep(StringValues[] answers, string?[] cookies)
    {
        for (int i = 0; i < answers.Length; i++)
        {
            cookies[i] = Runner.CookieOf(answers[i]);
        }

        Array.Clear(answers);
    }

    private static async Task SizesAsync(Report report, bool quick)
    {
        int[] sizes = quick ? [1_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000];
        var runners = new List<(int Size, Runner Runner, string?[] Cookies)>();
        foreach (int size in sizes)
        {
            var runner = new Runner(ProcessPart.Memory());
            await runner.SignedInAsync();
            string?[] cookies = await FillAsync((MemoryStore)runner.Pipeline.Services.GetRequiredService<IGenericStore>(), size);

            // As many texts as of the others, each an object of its own: what is to be seen is the growth of the sessions, not that of the
            // requests.
            runners.Add((size, runner, [.. Enumerable.Range(0, Sample).Select(i => new string(cookies[i % cookies.Length]))]));
        }

        await using var bare = new Runner(new BareContender());
        var times = sizes.ToDictionary(static size => size, static _ => new List<double>());
        Settled();
        for (int round = -3; round < (quick ? 5 : 15); round++)
        {
            for (int i = 0; i < runners.Count; i++)
            {
                var (size, runner, cookies) = runners[(i + round + 3) % runners.Count];
                var figures = await runner.MeasureAsync(runner.Contender.Endpoint(Scenario.Read)!, cookies);
                if (round >= 0)
                {
                    times[size].Add(figures.Nanoseconds);
                }
            }
        }

        report.Table(
            "Reads among many live sessions, at random",
            ["live sessions", "a read"],
            sizes.Select(
                size => new[] { size.ToString("N0", CultureInfo.InvariantCulture), string.Create(
                    CultureInfo.InvariantCulture, $"{times[size].Median():N0} ns") }));
        report.Line(
            "growth", "A read among many live sessions", "live sessions", "ns", sizes.Select(size => ((double)size, times[size].Median())));
        double growth = times[sizes[^1]].Beside(times[sizes[0]]).Median();
        report.AskAtMost($"10^3 → {sizes[^1]:N0} live sessions", "read time grows ≤ 1.3 ×", growth, 1.3, "{0:F2} ×");
        foreach (var (_, runner, _) in runners)
        {
            await runner.DisposeAsync();
        }
    }

    private static async Task ThreadsAsync(Report report)
    {
        await using var runner = new Runner(ProcessPart.Memory());
        string one = await runner.SignedInAsync();
        string?[] many = await FillAsync((MemoryStore)runner.Pipeline.Services.GetRequiredService<IGenericStore>(), Sample);
        string?[] same = [.. Enumerable.Repeat(one, Sample)];
        runner.Choose(runner.Contender.Endpoint(Scenario.Read)!);
        var rows = new List<string[]>();
        foreach (var (name, cookies) in new[] { ("one session", same), ("many sessions", many) })
        {
            double[] perSecond = new double[2];
            for (int threads = 1; threads <= 2; threads++)
            {
                for (int round = 0; round < 4; round++)
                {
                    long since = Stopwatch.GetTimestamp();
                    await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(async () =>
                    {
                        var connection = runner.Pipeline.Connect();
                        foreach (string? cookie in cookies)
                        {
                            await connection.SendAsync(cookie);
                        }
                    })));
                    perSecond[threads - 1] = Math.Max(
                        perSecond[threads - 1], threads * cookies.Length / Stopwatch.GetElapsedTime(since).TotalSeconds);
                }
            }

            rows.Add(
                [name, .. perSecond.Select(static rate => rate.ToString("N0", CultureInfo.InvariantCulture)), string.Create(
                    CultureInfo.InvariantCulture, $"{perSecond[1] / perSecond[0]:F2} ×")]);
        }

        report.Table("Reads a second by threads, in process", ["of", "1 thread", "2 threads", "gain"], rows);
    }

    /// <summary>
    /// Creates sessions without a request each, and gives the cookies of some of them, in random order, presented before.
    /// </summary>
    public static async Task<string?[]> FillAsync(MemoryStore store, int count, SessionLifetimes? limits = null, TimeProvider? clock = null)
    {
        var random = new Random(20300101);
        string?[] cookies = new string?[Math.Min(Sample, count)];
        var services = SessionServices.Of(new SactSessionOptions { TimeProvider = clock });
        var terms = services.Settings.SignInTerms;
        for (int i = 0; i < count; i++)
        {
            var fields = SessionFields.Restore(
                [new("name", "\"Ada\""u8.ToArray()), new("role", "\"admin\""u8.ToArray()), new("theme", "\"dark\""u8.ToArray())]);
            var (id, made) = SessionRecordFactory.Make(store, clock ?? TimeProvider.System, $"user-{i:D7}", fields, terms);
            var record = limits is null ? made : new SessionRecord
            {
                Key = made.Key,
                UserId = made.UserId,
                State = made.State,
                AssuranceLevel = made.AssuranceLevel,
                LineageHash = made.LineageHash,
                CurrentHash = made.CurrentHash,
                Fields = made.Fields,
                CreatedAt = made.CreatedAt,
                AuthenticatedAt = made.AuthenticatedAt,
                LastSeenAt = made.LastSeenAt,
                Lifetimes = limits,
            };
            await store.CreateAsync(record);
            int place = i < cookies.Length ? i : random.Next(i + 1);
            if (place < cookies.Length)
            {
                cookies[place] = "__Host-sid=" + id;
            }

            if (limits is null)
            {
                await store.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(services.Clock.GetUtcNow()) });
            }
        }

        random.Shuffle(cookies);
        return cookies;
    }

    public static long Settled()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    // A string's object, aligned to eight bytes.
    private static long CookieBytes(string?[] cookies) =>
        cookies.Sum(static cookie => cookie is null ? 0 : (22 + (2L * cookie.Length) + 7) / 8 * 8);
}
