using System.Diagnostics;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Sact.Session.Samples.Tests;
using Sact.Session.Stores;

namespace Sact.Session.Browser.Tests;

/// <summary>The sample Accounts as a process of its own, over a database of its own.</summary>
public sealed class AccountsSite : IAsyncDisposable
{
    private readonly RunningSample _sample;

    private AccountsSite(RunningSample sample)
    {
        _sample = sample;

        // By the name that people type, not by the number.
        Address = new UriBuilder(sample.Address) { Host = "localhost" }.Uri;
    }

    public Uri Address { get; }

    public static async Task<AccountsSite> StartAsync(int passwordsPerMinute)
    {
        string sample =
            typeof(AccountsSite).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Accounts").Value!;
        return new(await RunningSample.StartAsync("Accounts", folder => new ProcessStartInfo(
            "dotnet", [sample, "--Database", Database(folder), "--PasswordsPerMinute", $"{passwordsPerMinute}"])
        {
            // The keys of Data Protection go to the home folder.
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["HOME"] = folder },
        }));
    }

    /// <summary>As if all passwords had been given ten minutes earlier: no test waits for a session to become stale.</summary>
    public Task LetPasswordsGrowOldAsync(string userName) =>
        RewriteAsync(userName, record => record with { AuthenticatedAt = record.AuthenticatedAt - TimeSpan.FromMinutes(10) });

    /// <summary>As if what the user has done so far had been done some days and hours earlier.</summary>
    public Task LetTimePassAsync(string userName, int daysSinceSignIn, int hoursSinceSeen) => RewriteAsync(
        userName,
        record => record with
        {
            CreatedAt = record.CreatedAt.AddDays(-daysSinceSignIn),
            AuthenticatedAt = record.AuthenticatedAt?.AddDays(-daysSinceSignIn),
            LastSeenAt = record.LastSeenAt.AddHours(-hoursSinceSeen),
        });

    /// <summary>As if the user had done nothing for so long that this much time is left.</summary>
    public Task LeaveAsync(string userName, TimeSpan left) => RewriteAsync(
        userName,
        record => record with { LastSeenAt = DateTimeOffset.UtcNow - record.Lifetimes.IdleTimeout + left });

    public async Task<long> CountUsersAsync(string userName)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM users WHERE name = $name";
        command.Parameters.AddWithValue("$name", userName);
        return await command.ExecuteScalarAsync() as long? ?? 0;
    }

    public ValueTask DisposeAsync() => _sample.DisposeAsync();

    /// <summary>Rewrites the sessions of a user, each with the columns that the store keeps beside the record.</summary>
    private async Task RewriteAsync(string userName, Func<SessionRecord, SessionRecord> rewrite)
    {
        await using var connection = await OpenAsync();
        await using var select = connection.CreateCommand();
        select.CommandText =
            "SELECT session_key, record FROM sact_sessions WHERE user_id = (SELECT id FROM users WHERE name = $name)";
        select.Parameters.AddWithValue("$name", userName);
        var records = new List<SessionRecord>();
        await using (var rows = await select.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                records.Add(rewrite(SessionRecord.Unpack(SessionKey.Parse(rows.GetString(0)), rows.GetFieldValue<byte[]>(1))));
            }
        }

        foreach (var record in records)
        {
            await using var update = connection.CreateCommand();
            update.CommandText = """
                UPDATE sact_sessions SET created_at = $created_at, last_seen_at = $last_seen_at, expires_at = $expires_at, record = $record
                WHERE session_key = $session_key
                """;
            update.Parameters.AddWithValue("$created_at", record.CreatedAt.ToUnixTimeMilliseconds());
            update.Parameters.AddWithValue("$last_seen_at", record.LastSeenAt.ToUnixTimeMilliseconds());
            update.Parameters.AddWithValue("$expires_at", record.ExpiresAt.ToUnixTimeMilliseconds());
            update.Parameters.AddWithValue("$record", record.Pack());
            update.Parameters.AddWithValue("$session_key", record.Key.ToString());
            await update.ExecuteNonQueryAsync();
        }
    }

    private async Task<SqliteConnection> OpenAsync()
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = Database(_sample.Folder), Pooling = false }.ToString());
        await connection.OpenAsync();
        return connection;
    }

    private static string Database(string folder) => Path.Combine(folder, "accounts.db");
}
