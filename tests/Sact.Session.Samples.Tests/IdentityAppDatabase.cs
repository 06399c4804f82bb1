using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using IdentityApp.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Sact.Session.Stores;

namespace Sact.Session.Samples.Tests;

/// <summary>The sample IdentityApp as processes over one database.</summary>
public sealed partial class IdentityAppDatabase : IDisposable
{
    public const string Password = "Correct-Horse-7";

    private readonly string _folder = Directory.CreateTempSubdirectory("sact-identity-").FullName;

    private string ConnectionString => $"DataSource={Path.Combine(_folder, "app.db")};Cache=Shared";

    /// <summary>Starts the sample. In Development it applies the migrations.</summary>
    public Task<RunningSample> StartAsync(string environment = "Development", string? administrator = null) =>
        RunningSample.StartAsync("IdentityApp", _ => StartInfo(environment, administrator), "Now listening on: ");

    /// <summary>Starts the sample, which ends by itself.</summary>
    /// <returns>Its exit code, and what it has written.</returns>
    public async Task<(int ExitCode, string Output)> RunToTheEndAsync(string environment, string? administrator = null)
    {
        var start = StartInfo(environment, administrator);
        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add("http://127.0.0.1:0");
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        try
        {
            // A sample that starts although it must not would run for ever.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(TimeSpan.FromMinutes(1));
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            string error = await process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, error + await output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    public ApplicationDbContext NewContext() =>
        new(new DbContextOptionsBuilder<ApplicationDbContext>().UseSqlite(ConnectionString).Options);

    /// <summary>The numbers of users and of live sessions.</summary>
    public async Task<(long Users, long Sessions)> RowsAsync()
    {
        await using var context = NewContext();
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        return (
            await context.Users.LongCountAsync(),
            await context.Set<SessionRow>().LongCountAsync(row => row.UserId != null && row.ExpiresAt > now));
    }

    /// <summary>Changes a user behind the back of Identity.</summary>
    public async Task ChangeAsync(string email, Action<IdentityUser> change)
    {
        await using var context = NewContext();
        change(await context.Users.SingleAsync(user => user.Email == email));
        await context.SaveChangesAsync();
    }

    /// <summary>As if all passwords were given twenty minutes earlier.</summary>
    public async Task LetPasswordsGrowOldAsync()
    {
        await using var context = NewContext();
        foreach (var row in await context.Set<SessionRow>().Where(row => row.UserId != null).ToListAsync())
        {
            var record = SessionRecord.Unpack(SessionKey.Parse($"{row.Prefix}:{row.KeyPart}", null), row.Record);
            row.Record = (record with { AuthenticatedAt = record.AuthenticatedAt - TimeSpan.FromMinutes(20) }).Pack();
        }

        await context.SaveChangesAsync();
    }

    /// <summary>Registers somebody and follows the link that confirms the account.</summary>
    public static async Task RegisterAsync(FormBrowser browser, string email)
    {
        await browser.PostAsync("/Identity/Account/Register", new()
        {
            ["Input.Email"] = email,
            ["Input.Password"] = Password,
            ["Input.ConfirmPassword"] = Password,
        });
        string page = await browser.GetAsync($"/Identity/Account/RegisterConfirmation?email={email}");
        await browser.GetAsync(WebUtility.HtmlDecode(ConfirmLink().Match(page).Groups[1].Value));
    }

    /// <summary>Logs in and returns where that leads.</summary>
    public static Task<string?> LogInAsync(FormBrowser browser, string email) => browser.PostAsync(
        "/Identity/Account/Login", new() { ["Input.Email"] = email, ["Input.Password"] = Password, ["Input.RememberMe"] = "false" });

    public static async Task<bool> IsSignedInAsync(FormBrowser browser, string email) =>
        (await browser.GetAsync("/")).Contains($"Hello {email}!", StringComparison.Ordinal);

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex("id=\"confirm-link\" href=\"([^\"]+)\"")]
    private static partial Regex ConfirmLink();

    private ProcessStartInfo StartInfo(string environment, string? administrator)
    {
        string program = RunningSample.ProgramOf("IdentityApp");
        var start = new ProcessStartInfo("dotnet", [program, "--ConnectionStrings:DefaultConnection", ConnectionString])
        {
            WorkingDirectory = Path.GetDirectoryName(program)!,
        };
        if (administrator is not null)
        {
            start.ArgumentList.Add("--Administrator");
            start.ArgumentList.Add(administrator);
        }

        // The keys of Data Protection are kept below it.
        start.Environment["HOME"] = _folder;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = environment;
        return start;
    }
}
