using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using IdentityApp.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Sact.Session.Samples.Tests;

/// <summary>The template of ASP.NET Core Identity with this library, as a process: users and sessions in one database.</summary>
public sealed class IdentityAppAsAProcess : IDisposable
{
    private const string Email = "alice@example.test";
    private const string Password = "Correct-Horse-7";

    private readonly string _folder = Directory.CreateTempSubdirectory("sact-identity-").FullName;

    private string ConnectionString => $"DataSource={Path.Combine(_folder, "app.db")};Cache=Shared";

    [Fact]
    public async Task KeepsUsersAndSessionsInOneDatabase()
    {
        await MigrateAsync();
        string cookie;
        await using (var sample = await StartAsync())
        {
            using var alice = new Browser(sample.Address);
            await alice.PostAsync("/Identity/Account/Register", new()
            {
                ["Input.Email"] = Email,
                ["Input.Password"] = Password,
                ["Input.ConfirmPassword"] = Password,
            });
            string confirmation = await alice.GetAsync($"/Identity/Account/RegisterConfirmation?email={Email}");
            await alice.GetAsync(WebUtility.HtmlDecode(Regex.Match(confirmation, "id=\"confirm-link\" href=\"([^\"]+)\"").Groups[1].Value));
            Assert.Equal((1L, 0L), await RowsAsync());

            await LogInAsync(alice);

            Assert.Contains($"Hello {Email}!", await alice.GetAsync("/"), StringComparison.Ordinal);
            Assert.Equal((1L, 1L), await RowsAsync());
            cookie = alice.Cookies["__Host-sid"];
            Assert.DoesNotContain(".AspNetCore.Identity.Application", alice.Cookies.Keys);
        }

        // Another process, later: the session is in the database.
        await using (var sample = await StartAsync())
        {
            using var alice = new Browser(sample.Address) { Cookies = { ["__Host-sid"] = cookie } };
            Assert.Contains($"Hello {Email}!", await alice.GetAsync("/"), StringComparison.Ordinal);

            await alice.PostAsync("/Identity/Account/Logout", [], formOf: "/");

            Assert.DoesNotContain("__Host-sid", alice.Cookies.Keys);
            alice.Cookies["__Host-sid"] = cookie;
            Assert.Contains("Login", await alice.GetAsync("/"), StringComparison.Ordinal);
            Assert.Equal((1L, 0L), await RowsAsync());
        }
    }

    [Fact]
    public async Task WithoutTheMigrationDoesNotStartAndSaysWhatToDo()
    {
        await using (var context = NewContext())
        {
            await context.Database.MigrateAsync("00000000000000_CreateIdentitySchema", TestContext.Current.CancellationToken);
        }

        var start = StartInfo(_folder);
        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add("http://127.0.0.1:0");
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains("AddSactSessions. Apply them: dotnet ef database update.", error + await output, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task LogInAsync(Browser browser) => await browser.PostAsync(
        "/Identity/Account/Login", new() { ["Input.Email"] = Email, ["Input.Password"] = Password, ["Input.RememberMe"] = "false" });

    private ApplicationDbContext NewContext() =>
        new(new DbContextOptionsBuilder<ApplicationDbContext>().UseSqlite(ConnectionString).Options);

    private async Task MigrateAsync()
    {
        await using var context = NewContext();
        await context.Database.MigrateAsync(TestContext.Current.CancellationToken);
        Assert.False(context.Database.HasPendingModelChanges());
    }

    /// <summary>The numbers of users and of live sessions.</summary>
    private async Task<(long Users, long Sessions)> RowsAsync()
    {
        await using var context = NewContext();
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        return (
            await context.Users.LongCountAsync(),
            await context.Set<SessionRow>().LongCountAsync(row => row.UserId != null && row.ExpiresAt > now));
    }

    private Task<RunningSample> StartAsync() => RunningSample.StartAsync("IdentityApp", StartInfo, "Now listening on: ");

    private ProcessStartInfo StartInfo(string home)
    {
        string program = typeof(IdentityAppAsAProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(data => data.Key == "IdentityApp").Value!;
        var start = new ProcessStartInfo("dotnet", [program, "--ConnectionStrings:DefaultConnection", ConnectionString])
        {
            WorkingDirectory = Path.GetDirectoryName(program)!,
        };

        // The keys of Data Protection are kept below it.
        start.Environment["HOME"] = _folder;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        return start;
    }
}
