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

        // The limit is a prepared statement, so the store may have its own prepared too, by a word in the connection string; a pooler of transactions may not allow it, so beside it stands the store without.
        await using var sact = new Runner(new SactContender("PostgreSQL, prepared", builder => builder.UsePostgreSql(server.ConnectionString + ";Max Auto Prepare=32;Auto Prepare Min Usages=2")));
        await using var plain = new Runner(new SactContender("PostgreSQL", builder => builder.UsePostgreSql(server.ConnectionString)));
        var key = await KeyAsync(sact);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT * FROM sact_sessions WHERE prefix = $1 AND key_part = $2", connection) { Parameters = { new() { Value = key.Prefix }, new() { Value = key.KeyPart } } };
        await command.PrepareAsync();
        await CompareAsync(report, quick, sact, [plain], "a prepared SELECT", 1.15, async () =>
        {
            await using var rows = await command.ExecuteReaderAsync();
            object[] row = new object[rows.FieldCount];
            if (!await rows.ReadAsync() || rows.GetValues(row) == 0)
            {
                throw new InvalidOperationException("The row is gone.");
            }
        });
        await CountAsync(report, "PostgreSQL", "look-ups in tables and indexes", sact, async () =>
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
        await using var its = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await using var sact = new Runner(new SactContender("Redis", builder => builder.UseRedis(its)));
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
                .Where(static line => line.Key is not ("cmdstat_info" or "cmdstat_ping"))
                .Sum(static line => long.Parse(line.Value.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture)));
        await CountAsync(report, "Redis", "round trips", sact, () => Task.FromResult(its.GetCounters().Interactive.OperationCount));
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
        report.Bars("read-" + sact.Contender.Name[6..].Split(',')[0], "A read in µs: " + sact.Contender.Name, runners.Select(runner => (runner.Contender.Name, contest.Time(Scenario.Read, runner).Median() / 1000)));
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
            if (what == "round trips")
            {
                bool one = scenario is Scenario.Read or Scenario.SignIn;
                report.AskAtMost($"{scenario}, Redis", one ? "1 round trip" : "1 round trip after the read", each, one ? 1 : 2, "{0:F2} round trips");
            }
        }

        report.Table($"{store}: {what} per request, by {(what == "round trips" ? "the client's" : "the server's")} own counters{(what == "commands" ? ", those inside scripts included" : "")}", ["scenario", what], rows);
    }
}
