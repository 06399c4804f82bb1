using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Sact.Session.Stores.Tests;

/// <summary>Stores over one server, each with a prefix of its own unless told otherwise, and the sessions that go into them.</summary>
internal static class PostgreSqlStores
{
    public static SessionLifetimes Lifetimes { get; } = new(TimeSpan.FromHours(2), TimeSpan.FromHours(1), TimeSpan.FromHours(24));

    public static PostgreSqlStore Open(string connectionString, Action<PostgreSqlStoreOptions>? configure = null)
    {
        var options = new PostgreSqlStoreOptions { ConnectionString = connectionString, Prefix = NewPrefix() };
        configure?.Invoke(options);
        return new PostgreSqlStore(options);
    }

    public static string NewPrefix() => "fact-" + RandomNumberGenerator.GetHexString(12, lowercase: true);

    public static string NewTable() => "t_" + RandomNumberGenerator.GetHexString(12, lowercase: true);

    public static SessionRecord NewSession(GenericStore store, string? user = "alice")
    {
        var now = TimeProvider.System.GetUtcNow();
        return new SessionRecord
        {
            Key = store.GetSessionKey(store.CreateSessionId(user)),
            UserId = user,
            State = user is null ? SessionState.Anonymous : SessionState.SignedIn,
            LineageHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
            CurrentHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
            Lifetimes = Lifetimes,
            CreatedAt = now,
            LastSeenAt = now,
            AuthenticatedAt = user is null ? null : now,
        };
    }

    /// <summary>A session that expired longer ago than the skew margin.</summary>
    public static SessionRecord Expired(GenericStore store)
    {
        var session = NewSession(store);
        var before = session.CreatedAt.AddHours(-3);
        return new SessionRecord
        {
            Key = session.Key,
            UserId = session.UserId,
            State = session.State,
            LineageHash = session.LineageHash,
            CurrentHash = session.CurrentHash,
            Lifetimes = session.Lifetimes,
            CreatedAt = before,
            LastSeenAt = before,
            AuthenticatedAt = before,
        };
    }

    public static SessionChange Set(string name, string json) =>
        new() { Set = SessionFields.Create([new(name, Encoding.UTF8.GetBytes(json))]) };

    public static async Task<List<SessionRecord>> ListAsync(GenericStore store, string user = "alice")
    {
        var list = new List<SessionRecord>();
        await foreach (var session in store.GetActiveSessionsAsync(user))
        {
            list.Add(session);
        }

        return list;
    }

    /// <summary>Replaces the bytes of a record, and no other column.</summary>
    public static async Task<bool> PlantAsync(this PostgresServer server, SessionKey key, byte[] record)
    {
        const string Plant = "UPDATE sact_sessions SET record = @record WHERE prefix = @prefix AND key_part = @key RETURNING 1";
        return await server.ScalarAsync(Plant, ("record", record), ("prefix", key.Prefix), ("key", key.KeyPart)) is 1;
    }

    public static async Task RunAsync(this PostgresServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
