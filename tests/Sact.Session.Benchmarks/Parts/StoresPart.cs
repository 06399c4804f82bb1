using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Sact.Session.Stores.Tests;
using StackExchange.Redis;

namespace Sact.Session.Benchmarks;

/// <summary>Each store beside its own limit, on private servers that go with the run.</summary>
internal static class StoresPart
{
    private static readonly Scenario[] s_scenarios = [Scenario.Read, Scenario.Update, Scenario.SignIn];

    public static async Task RunAsync(Report report, bool quick)
    {
        await TryAsync(report, "SQLite", () => SqliteAsync(report, quick));
        await TryAsync(report, "PostgreSQL", () => PostgreSqlAsync(report, quick));
        await TryAsync(report, "Redis", () => RedisAsync(report, quick));
    }

    private static async Task TryAsync(Report report, string store, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception fault) when (fault is InvalidOperationException or SessionStoreException)
        {
            report.Say($"{store} is left out: {fault.Message}");
        }
    }

    private static async Task SqliteAsync(Report report, bool quick)
    {
        string folder = Directory.CreateTempSubdirectory("sact-benchmark-").FullName;
        try
        {
            string source = $"Data Source={Path.Combine(folder, "sessions.db")}";
            await using var sact = new Runner(new SactContender("SQLite", builder => builder.UseSqlite(source)));
            var key = await KeyAsync(sact);
            await using var connection = new SqliteConnection(source + ";Pooling=False");
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT * FROM sact_sessions WHERE session_key = $key";
            command.Parameters.AddWithValue("$key", key.ToString());
            command.Prepare();
            await CompareAsync(report, quick, sact, [], "a prepared SELECT", 1.3, () =>
            {
                using var rows = command.ExecuteReader();
                object?[] row = new object?[rows.FieldCount];
                return rows.Read() && rows.GetValues(row!) > 0 ? Task.CompletedTask : throw new InvalidOperationException("The row is gone.");
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task PostgreSqlAsync(Report report, bool quick)
    {
        await using var server = await PostgresServer.StartAsync();
        await using var sact = new Runner(new SactContender("PostgreSQL", builder => builder.UsePostgreSql(server.ConnectionString)));
        var key = await KeyAsync(sact);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT * FROM sact_sessions WHERE prefix = $1 AND key_part = $2", connection) { Parameters = { new() { Value = key.Prefix }, new() { Value = key.KeyPart } } };
        await command.PrepareAsync();
        await CompareAsync(report, quick, sact, [], "a prepared SELECT", 1.15, async () =>
        {
            await using var rows = await command.ExecuteReaderAsync();
            object[] row = new object[rows.FieldCount];
            if (!await rows.ReadAsync() || rows.GetValues(row) == 0)
            {
                throw new InvalidOperationException("The row is gone.");
            }
        });
        await CountAsync(report, "PostgreSQL", "transactions", sact, async () =>
        {
            // A backend tells its counts a second after its last transaction at the latest, when the next one ends.
            await Task.Delay(1500);
            await sact.SendAsync(sact.Contender.Endpoint(Scenario.Read)!, null);
            await Task.Delay(1500);
            return Convert.ToInt64(await server.ScalarAsync("SELECT sum(seq_tup_read + coalesce(idx_scan, 0)) FROM pg_stat_user_tables"), CultureInfo.InvariantCulture);
        });
    }

    private static async Task RedisAsync(Report report, bool quick)
    {
        await using var server = await RedisServer.StartAsync();
        await using var sact = new Runner(new SactContender("Redis", builder => builder.UseRedis(server.Configuration)));
        await using var stock = new Runner(new StockContender("Redis", services => services.AddStackExchangeRedisCache(options => options.Configuration = server.Configuration)));
        var key = await KeyAsync(sact);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var database = connection.GetDatabase();
        RedisKey record = $"{key.Prefix}:{{{key.RoutingTag}}}:s:{key.KeyPart}";
        await CompareAsync(report, quick, sact, [stock], "HGETALL", 1.15, async () =>
        {
            if ((await database.HashGetAllAsync(record)).Length == 0)
            {
                throw new InvalidOperationException("The hash is gone.");
            }
        });
        await CountAsync(report, "Redis", "commands", sact, async () =>
            (await server.Behind.InfoAsync("commandstats")).SelectMany(static group => group)
                .Where(static line => !line.Key.Contains("info", StringComparison.Ordinal) && !line.Key.Contains("ping", StringComparison.Ordinal) && !line.Key.Contains("client", StringComparison.Ordinal))
                .Where(static line => line.Key is "cmdstat_hgetall" or "cmdstat_evalsha" or "cmdstat_eval" or "cmdstat_get" or "cmdstat_fcall")
                .Sum(static line => long.Parse(line.Value.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture)));
    }

    private static async Task<SessionKey> KeyAsync(Runner sact)
    {
        string cookie = await sact.SignedInAsync();

        // A store that cannot be had says why here; a request would only say 503.
        await sact.Pipeline.Services.GetRequiredService<IGenericStore>().CountActiveSessionsAsync();
        return sact.Pipeline.Services.GetRequiredService<IGenericStore>().GetSessionKey(cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..]);
    }

    private static async Task CompareAsync(Report report, bool quick, Runner sact, Runner[] others, string command, double limit, Func<Task> read)
    {
        await using var bare = new Runner(new BareContender());
        await using var best = new Runner(new LimitContender(command, read));
        Runner[] runners = [bare, best, sact, .. others];
        var contest = new Contest(runners, quick ? 5 : 15, quick ? 200 : 400);
        foreach (var scenario in s_scenarios)
        {
            await contest.RunAsync(scenario);
        }

        Scenario[] all = [.. s_scenarios, Scenario.SignOut];
        report.Table(
            $"{sact.Contender.Name}: time and bytes of one request",
            ["scenario", .. runners.Select(static runner => runner.Contender.Name)],
            all.Select(scenario => new[] { scenario.ToString() }
                .Concat(runners.Select(runner => contest.Has(scenario, runner) && (scenario == Scenario.Read || (runner != best && runner != bare))
                    ? string.Create(CultureInfo.InvariantCulture, $"{contest.Time(scenario, runner).Median() / 1000:N1} µs, {contest.Bytes(scenario, runner):N0} B")
                    : "–")).ToArray()));
        double[] ratios = [.. contest.Time(Scenario.Read, sact).Beside(contest.Time(Scenario.Read, best))];
        report.Ask(
            "read, " + sact.Contender.Name[6..],
            string.Create(CultureInfo.InvariantCulture, $"time ≤ {limit} × {command}"),
            string.Create(CultureInfo.InvariantCulture, $"{ratios.Median():F2} × ({ratios.Interval().Low:F2} to {ratios.Interval().High:F2})"),
            ratios.Median() <= limit);
        report.Bars("read-" + sact.Contender.Name[6..], "A read in µs: " + sact.Contender.Name, runners.Select(runner => (runner.Contender.Name, contest.Time(Scenario.Read, runner).Median() / 1000)));
    }

    /// <summary>By the server's own counters.</summary>
    private static async Task CountAsync(Report report, string store, string what, Runner sact, Func<Task<long>> countAsync)
    {
        const int Times = 50;
        var rows = new List<string[]>();
        foreach (var scenario in new[] { Scenario.Read, Scenario.Update, Scenario.SignIn, Scenario.SignOut })
        {
            string[] cookies = new string[Times];
            for (int i = 0; i < Times; i++)
            {
                cookies[i] = scenario == Scenario.SignIn ? "" : await sact.SignedInAsync();
            }

            long before = await countAsync();
            foreach (string cookie in cookies)
            {
                await sact.SendAsync(sact.Contender.Endpoint(scenario)!, cookie.Length == 0 ? null : cookie);
            }

            double each = (await countAsync() - before) / (double)Times;
            rows.Add([scenario.ToString(), string.Create(CultureInfo.InvariantCulture, $"{each:F2}")]);
            if (store == "Redis")
            {
                double allowed = scenario is Scenario.Read or Scenario.SignIn ? 1 : 2;
                report.AskAtMost($"{scenario}, Redis", scenario is Scenario.Read or Scenario.SignIn ? "1 command" : "1 command after the read", each, allowed, "{0:F2} commands");
            }
        }

        report.Table($"{store}: {(store == "Redis" ? what : "look-ups in the table and its indexes")} per request, by the server's own counters", ["scenario", what], rows);
    }
}
