using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using Sact.Session.Stores;
using Sact.Session.Stores.Tests;
using StackExchange.Redis;

namespace Sact.Session.Benchmarks;

/// <summary>What an administrator waits for: the first page of searches over a million sessions, and the thousandth.</summary>
internal static class SearchPart
{
    private const int PageSize = 50;

    private static readonly string[] s_browsers = ["Firefox/140.0", "Chrome/140.0", "Safari/18.5", "Edg/140.0"];

    public static async Task RunAsync(Report report, bool quick)
    {
        int sessions = quick ? 100_000 : 1_000_000;
        var rows = new List<string[]>();
        await SqliteAsync(report, rows, sessions);
        await PostgreSqlAsync(report, rows, sessions);
        await RedisAsync(report, rows, sessions);
        report.Table(
            $"Searches over {sessions:N0} sessions, median of 9, in milliseconds",
            [
                "store", "newest", "by user", "by state", "by address (rare)", "by last seen", "by creation", "page 1,000",
                "longest SCAN step",
            ],
            rows);
    }

    private static async Task SqliteAsync(Report report, List<string[]> rows, int sessions)
    {
        string folder = Directory.CreateTempSubdirectory("sact-search-").FullName;
        try
        {
            string source = $"Data Source={Path.Combine(folder, "sessions.db")}";
            using var store = new SqliteStore(new SqliteStoreOptions { ConnectionString = source, Durability = SqliteDurability.Normal });
            await using (var connection = new SqliteConnection(source + ";Pooling=False"))
            {
                await connection.OpenAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                await using var insert = connection.CreateCommand();
                insert.CommandText = "INSERT INTO sact_sessions (session_key, prefix, user_id, state, created_at, last_seen_at, "
                    + "expires_at, version, lineage, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
                var parameters = Enumerable.Range(1, 10)
                    .Select(number => insert.Parameters.AddWithValue($"${number}", DBNull.Value)).ToList();
                foreach (var session in Sessions(store, sessions))
                {
                    object?[] values =
                    [
                        session.Key.ToString(), store.Prefix, session.UserId, (int)session.State,
                        session.CreatedAt.ToUnixTimeMilliseconds(),
                        session.LastSeenAt.ToUnixTimeMilliseconds(), session.ExpiresAt.ToUnixTimeMilliseconds(), session.Version,
                        session.LineageHash.ToArray(), session.Pack(),
                    ];
                    for (int i = 0; i < values.Length; i++)
                    {
                        parameters[i].Value = values[i] ?? DBNull.Value;
                    }

                    await insert.ExecuteNonQueryAsync();
                }

                await transaction.CommitAsync();
            }

            await MeasureAsync(report, rows, "SQLite", store, sessions, limit: 50);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task PostgreSqlAsync(Report report, List<string[]> rows, int sessions)
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = new PostgreSqlStore(new PostgreSqlStoreOptions { ConnectionString = server.ConnectionString });
        await store.CountActiveSessionsAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using (var copy = await connection.BeginBinaryImportAsync(
            "COPY sact_sessions (prefix, key_part, user_id, lineage_hash, created_at, state, last_seen_at, expires_at, version, record) "
            + "FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var session in Sessions(store, sessions))
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(store.Prefix, NpgsqlDbType.Text);
                await copy.WriteAsync(session.Key.KeyPart, NpgsqlDbType.Text);
                if (session.UserId is { } user)
                {
                    await copy.WriteAsync(user, NpgsqlDbType.Text);
                }
                else
                {
                    await copy.WriteNullAsync();
                }

                await copy.WriteAsync(session.LineageHash.ToArray(), NpgsqlDbType.Bytea);
                await copy.WriteAsync(session.CreatedAt.ToUnixTimeMilliseconds(), NpgsqlDbType.Bigint);
                await copy.WriteAsync((short)session.State, NpgsqlDbType.Smallint);
                await copy.WriteAsync(session.LastSeenAt.ToUnixTimeMilliseconds(), NpgsqlDbType.Bigint);
                await copy.WriteAsync(session.ExpiresAt.ToUnixTimeMilliseconds(), NpgsqlDbType.Bigint);
                await copy.WriteAsync(session.Version, NpgsqlDbType.Bigint);
                await copy.WriteAsync(session.Pack(), NpgsqlDbType.Bytea);
            }

            await copy.CompleteAsync();
        }

        await using (var analyze = new NpgsqlCommand("ANALYZE sact_sessions", connection))
        {
            await analyze.ExecuteNonQueryAsync();
        }

        await MeasureAsync(report, rows, "PostgreSQL", store, sessions, limit: 50);
    }

    private static async Task RedisAsync(Report report, List<string[]> rows, int sessions)
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = new RedisStore(new RedisStoreOptions { Configuration = server.Configuration });
        foreach (var some in Sessions(store, sessions).Chunk(500))
        {
            await Task.WhenAll(some.Select(session => store.CreateAsync(session).AsTask()));
        }

        await server.Behind.ExecuteAsync("CONFIG", "RESETSTAT");
        await MeasureAsync(report, rows, "Redis", store, sessions, limit: null);
        var slow = (RedisResult[]?)await server.Behind.ExecuteAsync("SLOWLOG", "GET", "200") ?? [];
        double longest = slow
            .Select(static entry => (RedisResult[]?)entry ?? [])
            .Where(static entry => ((string?[]?)entry[3])?[0] is "SCAN")
            .Select(static entry => (long)entry[2] / 1000.0)
            .DefaultIfEmpty(0)
            .Max();
        rows[^1][^1] = longest == 0 ? "below the slow log's 10" : longest.ToString("F1", CultureInfo.InvariantCulture);
        report.Ask("Redis, a step of a search", "never blocks for more than 10 ms", rows[^1][^1] + " ms", longest <= 10);
    }

    private static async Task MeasureAsync<TStore>(
        Report report, List<string[]> rows, string name, TStore store, int sessions, double? limit)
        where TStore : GenericStore, ISessionQueryStore
    {
        var now = DateTimeOffset.UtcNow;
        SessionQuery[] queries =
        [
            new() { PageSize = PageSize },
            new() { PageSize = PageSize, UserId = "user-77" },
            new() { PageSize = PageSize, State = SessionState.Pending },
            new() { PageSize = PageSize, Address = "203.0.113.250" },
            new() { PageSize = PageSize, LastSeenBefore = now - TimeSpan.FromDays(6) },
            new() { PageSize = PageSize, CreatedBefore = now - TimeSpan.FromDays(3), CreatedFrom = now - TimeSpan.FromDays(4) },
        ];
        var times = new List<double>();
        foreach (var query in queries)
        {
            times.Add(await MedianAsync(store, query));
        }

        var late = queries[0];
        int pages = Math.Min(999, sessions / PageSize / 2);
        for (int page = 0; page < pages; page++)
        {
            late = late with { After = (await store.QueryAsync(late)).Next };
        }

        times.Add(await MedianAsync(store, late));
        rows.Add([name, .. times.Select(static time => time.ToString("F1", CultureInfo.InvariantCulture)), "–"]);
        if (limit is { } most)
        {
            report.AskAtMost($"{name}, page 1 of any search", $"at most {most} ms", times.Take(6).Max(), most, "{0:F1} ms");
            report.AskAtMost($"{name}, page {pages + 1:N0}", "as page 1, at most twice", times[6] / times[0], 2, "{0:F2} ×");
        }
        else
        {
            report.AskAtMost($"{name}, by user", "at most 5 ms", times[1], 5, "{0:F1} ms");
        }
    }

    private static async Task<double> MedianAsync(ISessionQueryStore store, SessionQuery query)
    {
        var times = new List<double>();
        for (int i = 0; i < 9; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await store.QueryAsync(query);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    /// <summary>
    /// Sessions of the last week: 4 to a user, a hundredth pending, a tenth of visitors, and each hundred-thousandth from one address.
    /// </summary>
    private static IEnumerable<SessionRecord> Sessions(GenericStore store, int count)
    {
        var now = DateTimeOffset.UtcNow;
        var lifetimes = new SessionLifetimes(TimeSpan.FromDays(7), TimeSpan.FromDays(7), TimeSpan.FromDays(28));
        for (int i = 0; i < count; i++)
        {
            string? user = i % 10 == 3 ? null : $"user-{i / 4}";
            var created = DateTimeOffset.FromUnixTimeMilliseconds(
                (now - TimeSpan.FromDays(6.5) + TimeSpan.FromSeconds(i * 500_000.0 / count)).ToUnixTimeMilliseconds());
            string address = i % 100_000 == 99_999 ? "203.0.113.250" : $"10.{i % 200}.{i / 200 % 200}.7";
            yield return new SessionRecord
            {
                Key = store.GetSessionKey(store.CreateSessionId(user)),
                UserId = user,
                State = user is null ? SessionState.Anonymous : i % 100 == 1 ? SessionState.Pending : SessionState.SignedIn,
                LineageHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
                CurrentHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
                Presented = true,
                CreatedAt = created,
                LastSeenAt = created,
                AuthenticatedAt = user is null ? null : created,
                Lifetimes = lifetimes,
                SignInClient = user is null ? null : new SessionClient($"Mozilla/5.0 (X11; Linux) {s_browsers[i % 4]}", address),
            };
        }
    }
}
