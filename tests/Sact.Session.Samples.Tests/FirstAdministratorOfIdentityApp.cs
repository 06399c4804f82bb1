namespace Sact.Session.Samples.Tests;

/// <summary>How somebody becomes the administrator of the sample IdentityApp.</summary>
public sealed class FirstAdministratorOfIdentityApp : IDisposable
{
    private const string Email = "admin@example.test";

    private readonly IdentityAppDatabase _database = new();

    [Fact]
    public async Task IsNobodyWithoutTheSetting()
    {
        await using var sample = await _database.StartAsync();
        using var browser = new FormBrowser(sample.Address);
        await IdentityAppDatabase.RegisterAsync(browser, Email);
        await IdentityAppDatabase.LogInAsync(browser, Email);

        Assert.Equal("/Identity/Account/AccessDenied", await browser.RedirectionAsync("/Admin/Users"));
    }

    [Fact]
    public async Task NeedsASenderOfMailOutsideOfDevelopment()
    {
        await using (var sample = await _database.StartAsync("Development"))
        {
            // It makes the database.
        }

        var (exitCode, output) = await _database.RunToTheEndAsync("Production", administrator: Email);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("The setting 'Administrator' needs an IEmailSender that sends e-mail.", output, StringComparison.Ordinal);
    }

    public void Dispose() => _database.Dispose();
}
