using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Sact.Session.Stores.Tests;
using StackExchange.Redis;

namespace Sact.Session.Benchmarks;

/// <summary>Each store beside its own limit, on private servers that go with the run.</summary>
internal static class StoresPart
{
    private static readonly Scenario[] s_all =
        [Scenario.Untouched, Scenario.Read, Scenario.List, Scenario.Update, Scenario.SignIn, Scenario.SignOut];

    public static async Task RunAsync(Report report, bool quick)
    {
        await report.TryAsync("SQLite", () => SqliteAsync(report, quick));
        await report.TryAsync("PostgreSQL", () => PostgreSqlAsync(report, quick));
        await report.TryAsync("Redis", () => RedisAsync(report, quick));
        await report.TryAsync("Entity Framework Core", () => EntityFrameworkAsync(report, quick));
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
                return rows.Read() && rows.GetValues(row!) > 0
                    ? Task.CompletedTask
                    : throw new InvalidOperationException("The row is gone.");
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

        // The limit is a prepared statement, as the store's statements are. Beside it is the store behind a pooler, which prepares none.
        await using var sact = new Runner(
            new SactContender("PostgreSQL, prepared", builder => builder.UsePostgreSql(server.ConnectionString)));
        await using var plain = new Runner(
            new SactContender("PostgreSQL", builder => builder.UsePostgreSql(server.ConnectionString + ";Max Auto Prepare=0")));
        var key = await KeyAsync(sact);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT record FROM sact_sessions WHERE prefix = $1 AND key_part = $2",
            connection)
        { Parameters = { new() { Value = key.Prefix }, new() { Value = key.KeyPart } } };
        await command.PrepareAsync();
        await CompareAsync(report, quick, sact, [plain], "a prepared SELECT", 1.15, async () =>
        {
            await using var rows = await command.ExecuteReaderAsync();
            if (!await rows.ReadAsync() || rows.GetFieldValue<byte[]>(0).Length == 0)
            {
                throw new InvalidOperationException("The row is gone.");
            }
        });
        long sent = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Npgsql", Name: "db.client.operation.duration" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref sent));
        listener.Start();
        await CountAsync(
            report,
            "PostgreSQL",
            "round trips",
            "Npgsql's own measures: a batch is one",
            sact,
            s_all,
            () => Task.FromResult(Interlocked.Read(ref sent)));
    }

    private static async Task RedisAsync(Report report, bool quick)
    {
        await using var server = await RedisServer.StartAsync();
        await using var its = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await using var sact = new Runner(new SactContender("Redis", builder => builder.UseRedis(its)));
        await using var stock = new Runner(
            new StockContender(
                "Redis", services => services.AddStackExchangeRedisCache(options => options.Configuration = server.Configuration)));
        var key = await KeyAsync(sact);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var database = connection.GetDatabase();
        RedisKey record = $"{key.Prefix}:{{{key.RoutingTag}}}:s:{key.KeyPart}";
        await CompareAsync(report, quick, sact, [stock], "GET", 1.15, async () =>
        {
            if ((await database.StringGetAsync(record)).IsNull)
            {
                throw new InvalidOperationException("The record is gone.");
            }
        });
        await CountAsync(report, "Redis", "commands", "the server's own counters, those inside scripts included", sact, s_all, async () =>
            (await server.Behind.InfoAsync("commandstats")).SelectMany(static group => group)
                .Where(static line => line.Key is not ("cmdstat_info" or "cmdstat_ping"))
                .Sum(static line => long.Parse(line.Value.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture)));

        // A list sends its reads at once, and the client counts each of them.
        await CountAsync(
            report,
            "Redis",
            "round trips",
            "the client's own counters",
            sact,
            [.. s_all.Except([Scenario.List])],
            () => Task.FromResult(its.GetCounters().Interactive.OperationCount));
    }

    private static async Task EntityFrameworkAsync(Report report, bool quick)
    {
        await using var server = await PostgresServer.StartAsync();
        await using var services = new ServiceCollection()
            .AddPooledDbContextFactory<BenchmarkContext>(options => options.UseNpgsql(server.ConnectionString))
            .BuildServiceProvider();
        var contexts = services.GetRequiredService<IDbContextFactory<BenchmarkContext>>();
        await using (var context = await contexts.CreateDbContextAsync())
        {
            await context.Database.EnsureCreatedAsync();
        }

        await using var sact = new Runner(new SactContender("EF Core", builder =>
        {
            builder.Services.AddPooledDbContextFactory<BenchmarkContext>(options => options.UseNpgsql(server.ConnectionString));
            builder.UseEntityFrameworkStore<BenchmarkContext>();
        }));
        var key = await KeyAsync(sact);
        (string prefix, string keyPart) = (key.Prefix, key.KeyPart);
        await CompareAsync(report, quick, sact, [], "the query by hand", 1.5, async () =>
        {
            await using var context = await contexts.CreateDbContextAsync();
            byte[] record = await context.Set<SessionRow>()
                .Where(row => row.Prefix == prefix && row.KeyPart == keyPart)
                .Select(row => row.Record)
                .SingleAsync();
            if (record.Length == 0)
            {
                throw new InvalidOperationException("The row is gone.");
            }
        });
    }

    private static async Task<SessionKey> KeyAsync(Runner sact)
    {
        string cookie = await sact.SignedInAsync();

        // A store that cannot be had says why here; a request would only say 503.
        await sact.Pipeline.Services.GetRequiredService<IGenericStore>().CountActiveSessionsAsync();
        return sact.Pipeline.Services.GetRequiredService<IGenericStore>().GetSessionKey(
            cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..]);
    }

    private static async Task CompareAsync(
        Report report, bool quick, Runner sact, Runner[] others, string command, double limit, Func<Task> read)
    {
        await using var bare = new Runner(new BareContender());
        await using var best = new Runner(new LimitContender(command, read));
        Runner[] runners = [bare, best, sact, .. others];

        // A read over SQLite takes microseconds, and a turn must be long beside what the machine does meanwhile.
        var reading = new Contest(runners, quick ? 5 : 15, quick ? 2000 : 4000);
        await reading.RunAsync(Scenario.Untouched);
        await reading.RunAsync(Scenario.Read);
        var writing = new Contest([sact, .. others], quick ? 5 : 15, quick ? 200 : 400);
        await writing.RunAsync(Scenario.Update);
        await writing.RunAsync(Scenario.SignIn);
        await writing.RunAsync(Scenario.List, SignedInTenTimesAsync);
        report.Table(
            $"{sact.Contender.Name}: time, processor time of this process and bytes of one request",
            ["scenario", .. runners.Select(static runner => runner.Contender.Name)],
            s_all.Select(scenario => new[] { scenario.ToString() }.Concat(runners.Select(runner =>
                (reading.Has(scenario, runner) ? reading : writing) is var contest && contest.Has(scenario, runner)
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{contest.Time(scenario, runner).Median() / 1000:N1} µs, {contest.Cpu(scenario, runner).Median() / 1000:N1} µs CPU, "
                    + $"{contest.Bytes(scenario, runner):N0} B")
                : "–")).ToArray()));
        double[] ratios = [.. reading.Time(Scenario.Read, sact).Beside(reading.Time(Scenario.Read, best))];
        report.Ask(
            "read, " + sact.Contender.Name[6..],
            string.Create(CultureInfo.InvariantCulture, $"time ≤ {limit} × {command}"),
            string.Create(
                CultureInfo.InvariantCulture, $"{ratios.Median():F2} × ({ratios.Interval().Low:F2} to {ratios.Interval().High:F2})"),
            ratios.Median() <= limit);
        report.Bars(
            "read-" + sact.Contender.Name[6..].Split(',')[0],
            "A read in µs: " + sact.Contender.Name,
            runners.Select(runner => (runner.Contender.Name, reading.Time(Scenario.Read, runner).Median() / 1000)));
    }

    /// <summary>The cookie of a user of its own who has ten sessions: contenders over one server share its users.</summary>
    private static async Task<string> SignedInTenTimesAsync(Runner runner)
    {
        Users.Only = "with-ten-" + Guid.NewGuid().ToString("N");
        for (int i = 0; i < 9; i++)
        {
            await runner.SignedInAsync();
        }

        string cookie = await runner.SignedInAsync();
        Users.Only = null;
        return cookie;
    }

    private static async Task CountAsync(
        Report report, string store, string what, string by, Runner sact, Scenario[] scenarios, Func<Task<long>> countAsync)
    {
        const int Times = 50;
        var rows = new List<string[]>();
        foreach (var scenario in scenarios)
        {
            string[] cookies = new string[Times];
            for (int i = 0; i < Times; i++)
            {
                cookies[i] = scenario switch
                {
                    Scenario.SignIn => "",
                    Scenario.List => i == 0 ? await SignedInTenTimesAsync(sact) : cookies[0],
                    _ => await sact.SignedInAsync(),
                };
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
                int most = scenario switch { Scenario.Untouched => 0, Scenario.Read or Scenario.SignIn => 1, _ => 2 };
                report.AskAtMost(
                    $"{scenario}, {store}",
                    most switch { 0 => "0 round trips", 1 => "1 round trip", _ => "1 round trip after the read" },
                    each,
                    most,
                    "{0:F2} round trips");
            }
        }

        report.Table($"{store}: {what} per request, by {by}", ["scenario", what], rows);
    }
}
