using Microsoft.EntityFrameworkCore;

namespace Sact.Session.Samples.Tests;

/// <summary>The template of ASP.NET Core Identity with this library, as a process: users and sessions in one database.</summary>
public sealed class IdentityAppAsAProcess : IDisposable
{
    private const string Email = "alice@example.test";

    private readonly IdentityAppDatabase _database = new();

    [Fact]
    public async Task KeepsUsersAndSessionsInOneDatabase()
    {
        await MigrateAsync();
        string cookie;
        await using (var sample = await _database.StartAsync("Production"))
        {
            using var alice = new FormBrowser(sample.Address);
            await IdentityAppDatabase.RegisterAsync(alice, Email);
            Assert.Equal((1L, 0L), await _database.RowsAsync());

            await IdentityAppDatabase.LogInAsync(alice, Email);

            Assert.True(await IdentityAppDatabase.IsSignedInAsync(alice, Email));
            Assert.Equal((1L, 1L), await _database.RowsAsync());
            cookie = alice.Cookies["__Host-sid"];
            Assert.DoesNotContain(".AspNetCore.Identity.Application", alice.Cookies.Keys);
        }

        // Another process, later: the session is in the database.
        await using (var sample = await _database.StartAsync("Production"))
        {
            using var alice = new FormBrowser(sample.Address) { Cookies = { ["__Host-sid"] = cookie } };
            Assert.True(await IdentityAppDatabase.IsSignedInAsync(alice, Email));

            await alice.PostAsync("/Identity/Account/Logout", [], formOf: "/");

            Assert.DoesNotContain("__Host-sid", alice.Cookies.Keys);
            alice.Cookies["__Host-sid"] = cookie;
            Assert.Contains("Login", await alice.GetAsync("/"), StringComparison.Ordinal);
            Assert.Equal((1L, 0L), await _database.RowsAsync());
        }
    }

    [Fact]
    public async Task WithoutTheMigrationDoesNotStartAndSaysWhatToDo()
    {
        await using (var context = _database.NewContext())
        {
            await context.Database.MigrateAsync("00000000000000_CreateIdentitySchema", TestContext.Current.CancellationToken);
        }

        var (exitCode, output) = await _database.RunToTheEndAsync("Production");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("AddSactSessions. Apply them: dotnet ef database update.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InDevelopmentMakesItsDatabase()
    {
        await using var sample = await _database.StartAsync("Development");
        using var visitor = new FormBrowser(sample.Address);

        Assert.Contains("Register", await visitor.GetAsync("/"), StringComparison.Ordinal);
        Assert.Equal((0L, 0L), await _database.RowsAsync());
    }

    [Fact]
    public async Task DeletingTheAccountSignsOutEveryDevice()
    {
        await using var sample = await _database.StartAsync();
        using var phone = new FormBrowser(sample.Address);
        using var desk = new FormBrowser(sample.Address);
        await IdentityAppDatabase.RegisterAsync(phone, Email);
        await IdentityAppDatabase.LogInAsync(phone, Email);
        await IdentityAppDatabase.LogInAsync(desk, Email);
        Assert.True(await IdentityAppDatabase.IsSignedInAsync(phone, Email));
        Assert.Equal((1L, 2L), await _database.RowsAsync());

        await desk.PostAsync("/Identity/Account/Manage/DeletePersonalData", new() { ["Input.Password"] = IdentityAppDatabase.Password });

        Assert.False(await IdentityAppDatabase.IsSignedInAsync(phone, Email));
        Assert.False(await IdentityAppDatabase.IsSignedInAsync(desk, Email));
        Assert.Equal("/Identity/Account/Login", await phone.RedirectionAsync("/Devices"));
        Assert.Equal((0L, 0L), await _database.RowsAsync());
    }

    public void Dispose() => _database.Dispose();

    private async Task MigrateAsync()
    {
        await using var context = _database.NewContext();
        await context.Database.MigrateAsync(TestContext.Current.CancellationToken);
        Assert.False(context.Database.HasPendingModelChanges());
    }
}
