using System.Diagnostics;
using System.Globalization;
using Sact.Session.Stores.Tests;

namespace Sact.Session.Benchmarks;

/// <summary>
/// This source beside the last commit whose stores kept a session in fields and columns. Processes of both take turns over one server.
/// </summary>
internal static class BeforePart
{
    private const string Commit = "8ad4def";
    private const int Sessions = 32;
    private const int FieldBytes = 64;
    private const int LargeFieldBytes = 16_000;

    private static readonly string s_probe = Path.Combine("bin", "Release", "net10.0", "Sact.Session.Benchmarks.Probe.dll");

    public static async Task RunAsync(Report report, string root, bool quick)
    {
        string source = Path.Combine(root, "tests", "Sact.Session.Benchmarks.Probe");
        string before = Path.Combine(root, "artifacts", "before", Commit);
        var programs = new Programs(Path.Combine(source, s_probe), Path.Combine(before, "tests", "Probe", s_probe));
        await report.TryAsync($"The comparison with {Commit}", async () =>
        {
            await BuildAsync(root, source, before);
            await CompareAsync(report, programs, quick);
        });
    }

    private static async Task CompareAsync(Report report, Programs programs, bool quick)
    {
        await report.TryAsync($"Redis beside {Commit}", () => RedisAsync(report, programs, quick));
        await report.TryAsync($"PostgreSQL beside {Commit}", () => PostgreSqlAsync(report, programs, quick));
    }

    /// <summary>Builds the probe beside this source, and beside a copy of the commit.</summary>
    private static async Task BuildAsync(string root, string source, string before)
    {
        string probe = Path.Combine(before, "tests", "Probe");
        if (!Directory.Exists(probe))
        {
            string archive = Path.Combine(root, "artifacts", $"{Commit}.tar");
            Directory.CreateDirectory(before);
            await RunAsync(root, "git", "archive", "--output", archive, Commit);
            await System.Formats.Tar.TarFile.ExtractToDirectoryAsync(archive, before, overwriteFiles: true);
        }

        Directory.CreateDirectory(probe);
        foreach (string file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(probe, Path.GetFileName(file)), overwrite: true);
        }

        await RunAsync(source, "dotnet", "build", "-c", "Release", "-v", "q");
        await RunAsync(probe, "dotnet", "build", "-c", "Release", "-v", "q", "-p:Before=true");
    }

    private static async Task RunAsync(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new MissingServerException(
                $"'{program} {string.Join(' ', arguments)}' failed. A clone without its history lacks the commit. {output}");
        }
    }

    private static async Task RedisAsync(Report report, Programs programs, bool quick)
    {
        await using var server = await RedisServer.StartAsync();
        var contest = new Rounds(quick ? 3 : 11, quick ? 1000 : 4000);
        await using (var now = await ProbeProcess.StartAsync(programs.Now, "redis", server.Configuration, "now"))
        await using (var before = await ProbeProcess.StartAsync(programs.Before, "redis", server.Configuration, "before"))
        {
            await SignInAsync(now, before);
            var read = await contest.RunAsync("read", 1, now, before);
            var reads = await contest.RunAsync("read", Sessions, now, before);
            var update = await contest.RunAsync("update", 1, now, before);
            var updates = await contest.RunAsync("update", Sessions, now, before);
            var raw = await contest.RunAsync(("read", now), ("get", now), 1);
            var raws = await contest.RunAsync(("read", now), ("get", now), Sessions);
            var script = await contest.RunAsync(("update", now), ("replace", now), 1);
            var scripts = await contest.RunAsync(("update", now), ("replace", now), Sessions);
            report.Table(
                $"Redis: microseconds for a call, beside {Commit}",
                ["call", "now", Commit, "times as fast"],
                [read.Row("read, alone"), reads.Row("read, 32 at once"), update.Row("update, alone"), updates.Row("update, 32 at once")]);
            report.Table(
                "Redis: microseconds for a call, beside what it costs at least: a raw GET, or a script that compares and replaces",
                ["call", "library", "limit", "times as fast"],
                [
                    raw.Row("read, alone"),
                    raws.Row("read, 32 at once"),
                    script.Row("update, alone"),
                    scripts.Row("update, 32 at once"),
                ]);
            report.AskAtLeast("read alone, Redis beside a raw GET", "speed ≥ 0.9 ×", raw.Speed, 0.9, "{0:F2} ×");
            report.AskAtLeast("read, 32 at once, Redis beside a raw GET", "speed ≥ 0.7 ×", raws.Speed, 0.7, "{0:F2} ×");
            report.AskAtLeast($"update alone, Redis beside {Commit}", "speed ≥ 2 ×", update.Speed, 2, "{0:F2} ×");
            report.AskAtLeast($"update, 32 at once, Redis beside {Commit}", "speed ≥ 3.5 ×", updates.Speed, 3.5, "{0:F2} ×");
            await WritersOfOneSessionAsync(report, programs, "Redis", "redis", server.Configuration, contest, now, before);
        }

        await RedisMemoryAsync(report, programs, server);
    }

    private static async Task PostgreSqlAsync(Report report, Programs programs, bool quick)
    {
        await using var server = await PostgresServer.StartAsync();
        string connection = server.ConnectionString + ";Maximum Pool Size=40";
        var contest = new Rounds(quick ? 3 : 11, quick ? 500 : 2000);
        string prepares = connection + ";Max Auto Prepare=32";
        await using var now = await ProbeProcess.StartAsync(programs.Now, "postgres", connection, "now");
        await using var before = await ProbeProcess.StartAsync(programs.Before, "postgres", connection, "before");
        await using var prepared = await ProbeProcess.StartAsync(programs.Before, "postgres", prepares, "prepared");
        await SignInAsync(now, before, prepared);
        var read = await contest.RunAsync("read", 1, now, prepared);
        var usual = await contest.RunAsync("read", 1, now, before);
        var update = await contest.RunAsync("update", 1, now, prepared);
        report.Table(
            $"PostgreSQL: microseconds for a call, beside {Commit}",
            ["call", "now", Commit, "times as fast"],
            [read.Row("read, both prepared"), usual.Row("read, both as by default"), update.Row("update, both prepared")]);
        report.AskAtLeast($"read alone, PostgreSQL beside {Commit}, prepared", "speed ≥ 1.25 ×", read.Speed, 1.25, "{0:F2} ×");
        report.AskAtLeast($"read alone, PostgreSQL beside {Commit}, by default", "speed ≥ 2.2 ×", usual.Speed, 2.2, "{0:F2} ×");
        report.AskAtLeast($"update alone, PostgreSQL beside {Commit}, prepared", "speed ≥ 1.5 ×", update.Speed, 1.5, "{0:F2} ×");
        await WritersOfOneSessionAsync(report, programs, "PostgreSQL", "postgres", prepares, contest, now, prepared);
        await PostgreSqlRowsAsync(report, server, now, before);
    }

    private static async Task SignInAsync(params ProbeProcess[] probes)
    {
        foreach (var probe in probes)
        {
            await probe.SendAsync($"sign-in {Sessions} {FieldBytes}");
        }
    }

    /// <summary>Writers of one session, in one process and in eight.</summary>
    private static async Task WritersOfOneSessionAsync(
        Report report,
        Programs programs,
        string name,
        string store,
        string connection,
        Rounds contest,
        ProbeProcess now,
        ProbeProcess before)
    {
        var rows = new List<string[]>();
        foreach (int writers in new[] { 2, 8, 32 })
        {
            var result = await contest.RunAsync("write-one", writers, now, before);
            rows.Add(result.Row($"{writers} writers in one process"));
            report.AskAtLeast(
                $"{writers} writers of one session, {name}", $"throughput ≥ 1.0 × {Commit}", result.Speed, 1, "{0:F2} ×");
        }

        var burst = await contest.RunAsync(static probe => probe.TimeAsync("burst", 32, 1), now, before);
        rows.Add(burst.Row("the last of a burst of 32"));
        var many = await EightProcessesAsync(programs, store, connection, contest);
        rows.Add(many.Row("8 processes, one writer in each"));
        report.AskAtLeast($"writers of one session in 8 processes, {name}", $"throughput ≥ 0.6 × {Commit}", many.Speed, 0.6, "{0:F2} ×");
        report.Table(
            $"{name}: microseconds for a change of one session by many writers", ["writers", "now", Commit, "times as fast"], rows);
    }

    private static async Task<Comparison> EightProcessesAsync(Programs programs, string store, string connection, Rounds contest)
    {
        var now = await StartManyAsync(programs.Now, store, connection, "now_8");
        var before = await StartManyAsync(programs.Before, store, connection, "before_8");
        try
        {
            return await contest.RunAsync(
                async probes =>
                {
                    var clock = Stopwatch.StartNew();
                    await Task.WhenAll(probes.Select(probe => probe.SendAsync($"write-one 1 {contest.Times / 8}")));
                    return clock.Elapsed.TotalMilliseconds / contest.Times;
                },
                now,
                before);
        }
        finally
        {
            foreach (var probe in now.Concat(before))
            {
                await probe.DisposeAsync();
            }
        }
    }

    private static async Task<ProbeProcess[]> StartManyAsync(string program, string store, string connection, string prefix)
    {
        var probes = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => ProbeProcess.StartAsync(program, store, connection, prefix)));
        string ids = await probes[0].SendAsync($"sign-in 1 {FieldBytes}");
        foreach (var probe in probes.Skip(1))
        {
            await probe.SendAsync($"use {ids}");
        }

        return probes;
    }

    private static async Task RedisMemoryAsync(Report report, Programs programs, RedisServer server)
    {
        const int Many = 2000;
        var rows = new List<string[]>();
        foreach (string what in new[] { "", " client" })
        {
            double[] bytes = new double[2];
            foreach (var (index, program) in new[] { programs.Now, programs.Before }.Index())
            {
                await server.Behind.FlushAllDatabasesAsync();
                await using var probe = await ProbeProcess.StartAsync(program, "redis", server.Configuration, "memory");
                await probe.SendAsync("sign-in 1 0");
                long idle = await MemoryAsync(server);
                await probe.SendAsync($"sign-in {Many} 0{what}");
                bytes[index] = (await MemoryAsync(server) - idle) / (double)Many;
            }

            rows.Add([what.Length == 0 ? "a session" : "with a captured client", Number(bytes[0]), Number(bytes[1])]);
            int limit = what.Length == 0 ? 400 : 560;
            report.AskAtMost(
                what.Length == 0 ? "memory of a session, Redis" : "memory of a session with a captured client, Redis",
                $"≤ {limit} B",
                bytes[0],
                limit,
                "{0:N0} B");
        }

        report.Table("Redis: bytes of memory for each session, index included", ["", "now", Commit], rows);
        await RewritingAsync(report, programs, server);
    }

    private static async Task RewritingAsync(Report report, Programs programs, RedisServer server)
    {
        const int Changes = 200;
        await using var replica = await server.StartReplicaAsync();
        double[] bytes = new double[2];
        foreach (var (index, program) in new[] { programs.Now, programs.Before }.Index())
        {
            await using var probe = await ProbeProcess.StartAsync(program, "redis", server.Configuration, "large");
            await probe.SendAsync($"sign-in 1 {LargeFieldBytes}");
            long sent = await InfoAsync(server, "replication", "master_repl_offset");
            await probe.SendAsync($"update 1 {Changes}");
            bytes[index] = (await InfoAsync(server, "replication", "master_repl_offset") - sent) / (double)Changes;
        }

        report.Table(
            "Redis: bytes that reach a replica for a change of one small field, in a record of 16 KB",
            ["now", Commit],
            [[Number(bytes[0]), Number(bytes[1])]]);
    }

    private static async Task PostgreSqlRowsAsync(Report report, PostgresServer server, ProbeProcess now, ProbeProcess before)
    {
        const int Changes = 200;
        var rows = new List<string[]>();
        double[] plain = new double[2], client = new double[2], written = new double[2];
        foreach (var (index, probe, table) in new[] { (0, now, "sessions_now"), (1, before, "sessions_before") })
        {
            string average = $"SELECT avg(pg_column_size(t.*))::float8 FROM {table} t";
            await server.ScalarAsync($"DELETE FROM {table}");
            await probe.SendAsync("sign-in 200 0");
            plain[index] = (double)(await server.ScalarAsync(average))!;
            await server.ScalarAsync($"DELETE FROM {table}");
            await probe.SendAsync("sign-in 200 0 client");
            client[index] = (double)(await server.ScalarAsync(average))!;
            await probe.SendAsync($"sign-in 1 {LargeFieldBytes}");
            await server.ScalarAsync("CHECKPOINT");
            await probe.SendAsync("update 1 20");
            var start = await server.ScalarAsync("SELECT pg_current_wal_insert_lsn()::text");
            await probe.SendAsync($"update 1 {Changes}");
            written[index] = (double)(await server.ScalarAsync(
                "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), @start::text::pg_lsn)::float8", ("start", start!)))! / Changes;
        }

        rows.Add(["a row", Number(plain[0]), Number(plain[1])]);
        rows.Add(["a row with a captured client", Number(client[0]), Number(client[1])]);
        rows.Add(["WAL for a change of one small field, in a record of 16 KB", Number(written[0]), Number(written[1])]);
        report.Table("PostgreSQL: bytes", ["", "now", Commit], rows);
    }

    private static Task<long> MemoryAsync(RedisServer server) => InfoAsync(server, "memory", "used_memory_dataset");

    private static async Task<long> InfoAsync(RedisServer server, string section, string name) => long.Parse(
        (await server.Behind.InfoAsync(section)).SelectMany(static group => group).Single(line => line.Key == name).Value,
        CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private sealed record Programs(string Now, string Before);

    /// <summary>Milliseconds for one call, round by round, of two that take turns.</summary>
    private sealed record Comparison(List<double> Now, List<double> Before)
    {
        /// <summary>How many times as fast as before.</summary>
        public double Speed => Before.Beside(Now).Median();

        public string[] Row(string what)
        {
            var (low, high) = Before.Beside(Now).Interval();
            return
            [
                what,
                Number(Now.Median() * 1000),
                Number(Before.Median() * 1000),
                string.Create(CultureInfo.InvariantCulture, $"{Speed:F2} ({low:F2} to {high:F2})"),
            ];
        }
    }

    private sealed class Rounds(int rounds, int times)
    {
        public int Times => times;

        public Task<Comparison> RunAsync(string operation, int workers, ProbeProcess now, ProbeProcess before) =>
            RunAsync(probe => probe.TimeAsync(operation, workers, times), now, before);

        public Task<Comparison> RunAsync(
            (string Operation, ProbeProcess Probe) now, (string Operation, ProbeProcess Probe) limit, int workers) =>
            RunAsync(one => one.Probe.TimeAsync(one.Operation, workers, times), now, limit);

        /// <summary>The first round also compiles code, so it is discarded. Every other round begins with the other one.</summary>
        public async Task<Comparison> RunAsync<T>(Func<T, Task<double>> time, T now, T before)
        {
            var result = new Comparison([], []);
            for (int round = -1; round < rounds; round++)
            {
                double first = await time(round % 2 == 0 ? now : before), second = await time(round % 2 == 0 ? before : now);
                if (round >= 0)
                {
                    result.Now.Add(round % 2 == 0 ? first : second);
                    result.Before.Add(round % 2 == 0 ? second : first);
                }
            }

            return result;
        }
    }
}
