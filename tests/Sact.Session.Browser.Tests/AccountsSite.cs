using System.Diagnostics;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Sact.Session.Samples.Tests;

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
        ExecuteAsync(
            "UPDATE sact_sessions SET authenticated_at = authenticated_at - 600000 WHERE user_id = (SELECT id FROM users WHERE name = "
            + "$name)",
            userName);

    /// <summary>As if what the user has done so far had been done some days and hours earlier.</summary>
    public Task LetTimePassAsync(string userName, int daysSinceSignIn, int hoursSinceSeen) => ExecuteAsync(
        $"""
        UPDATE sact_sessions
        SET created_at = created_at - {daysSinceSignIn * 86_400_000L}, authenticated_at = authenticated_at - {daysSinceSignIn * 86_400_000L}, last_seen_at = last_seen_at - {hoursSinceSeen * 3_600_000L}
        WHERE user_id = (SELECT id FROM users WHERE name = $name)
        """,
        userName);

    public Task<long> CountUsersAsync(string userName) => ExecuteAsync("SELECT count(*) FROM users WHERE name = $name", userName);

    public ValueTask DisposeAsync() => _sample.DisposeAsync();

    private async Task<long> ExecuteAsync(string sql, string userName)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = Database(_sample.Folder), Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$name", userName);
        return await command.ExecuteScalarAsync() as long? ?? 0;
    }

    private static string Database(string folder) => Path.Combine(folder, "accounts.db");
}
