using System.Diagnostics;
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
        string sample = RunningSample.ProgramOf("Accounts");
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

    private async Task RewriteAsync(string userName, Func<SessionRecord, SessionRecord> rewrite)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM users WHERE name = $name";
        command.Parameters.AddWithValue("$name", userName);
        await SessionFile.RewriteAsync(Database(_sample.Folder), (string)(await command.ExecuteScalarAsync())!, rewrite);
    }

    private Task<SqliteConnection> OpenAsync() => SessionFile.OpenAsync(Database(_sample.Folder));

    private static string Database(string folder) => Path.Combine(folder, "accounts.db");
}
