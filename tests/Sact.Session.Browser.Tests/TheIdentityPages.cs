using System.Diagnostics;
using Sact.Session.Samples.Tests;

namespace Sact.Session.Browser.Tests;

/// <summary>The pages that the sample IdentityApp adds to the template.</summary>
public sealed class TheIdentityPages(Site site) : IAsyncLifetime
{
    private const string Admin = "admin@example.test";
    private const string Alice = "alice@example.test";
    private const string Password = "Correct-Horse-7";

    private RunningSample _sample = null!;

    public async ValueTask InitializeAsync()
    {
        // Chromium first: without it there is nothing to start.
        await site.AccountsAsync();
        string sample = RunningSample.ProgramOf("IdentityApp");
        _sample = await RunningSample.StartAsync(
            "IdentityApp",
            folder => new ProcessStartInfo(
                "dotnet",
                [
                    sample,
                    "--ConnectionStrings:DefaultConnection",
                    $"DataSource={Path.Combine(folder, "app.db")};Cache=Shared",
                    "--Administrator",
                    Admin,
                ])
            {
                WorkingDirectory = Path.GetDirectoryName(sample)!,
                Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["HOME"] = folder },
            },
            "Now listening on: ");
    }

    public async ValueTask DisposeAsync()
    {
        if (_sample is not null)
        {
            await _sample.DisposeAsync();
        }
    }

    [Fact]
    public async Task SignOutADeviceAndLockOutItsUser()
    {
        await using var admin = await RegisteredAsync(Admin);
        await using var phone = await RegisteredAsync(Alice);
        await using var desk = await VisitorAsync();
        await LogInAsync(desk, Alice);

        await desk.GoToAsync("Devices");
        await Expect(Rows(desk)).ToHaveCountAsync(2);
        await Expect(Rows(desk).First).ToContainTextAsync("This device");
        await Expect(Rows(desk).First).ToContainTextAsync("Chrome on Linux");
        await desk.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out Chrome on Linux" }).ClickAsync();
        await Expect(desk.Notice).ToHaveTextAsync("The device is signed out.");
        await phone.GoToAsync("Devices");
        await Expect(phone.Heading("Log in")).ToBeVisibleAsync();

        await admin.GoToAsync("Users");
        await Expect(Rows(admin).Filter(new() { HasText = Alice })).ToContainTextAsync("1 device");
        await admin.ClickAsync($"Lock out {Alice}");
        await Expect(admin.Notice).ToHaveTextAsync($"{Alice} is locked out.");
        await Expect(Rows(admin).Filter(new() { HasText = Alice })).ToContainTextAsync("0 devices");
        await desk.GoToAsync("Devices");
        await Expect(desk.Heading("Log in")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task HaveNoViolationThatAxeFindsWideInLightOrOnAPhoneInDark()
    {
        await using var phone = await RegisteredAsync(Alice);
        await using var admin = await RegisteredAsync(Admin);
        await using var desk = await VisitorAsync();
        await LogInAsync(desk, Admin);
        foreach (var (size, width, colours) in
            ((string, int, ColorScheme)[])[("wide", 1100, ColorScheme.Light), ("phone", 390, ColorScheme.Dark)])
        {
            await admin.Page.SetViewportSizeAsync(width, 800);
            await admin.Page.EmulateMediaAsync(new() { ColorScheme = colours });
            foreach (string path in (string[])["/", "/Devices", "/Admin/Users"])
            {
                await admin.Page.GotoAsync(path);
                await admin.Page.ExpectNoViolationAsync($"identity{path.Replace('/', '-').ToLowerInvariant()}-{size}");
                Assert.Equal((path, width), (path, await admin.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")));
            }
        }
    }

    private Task<Visitor> VisitorAsync() => site.VisitorAsync(null, new UriBuilder(_sample.Address) { Host = "localhost" }.Uri);

    private async Task<Visitor> RegisteredAsync(string email)
    {
        var visitor = await VisitorAsync();
        await visitor.Page.GotoAsync("/Identity/Account/Register");
        await visitor.Page.GetByLabel("Email").FillAsync(email);
        await visitor.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(Password);
        await visitor.Page.GetByLabel("Confirm Password").FillAsync(Password);
        await visitor.ClickAsync("Register");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Click here to confirm your account" }).ClickAsync();
        await Expect(visitor.Heading("Confirm email")).ToBeVisibleAsync();
        await LogInAsync(visitor, email);
        return visitor;
    }

    private static async Task LogInAsync(Visitor visitor, string email)
    {
        await visitor.Page.GotoAsync("/Identity/Account/Login");
        await visitor.Page.GetByLabel("Email").FillAsync(email);
        await visitor.Page.GetByLabel("Password").FillAsync(Password);
        await visitor.ClickAsync("Log in");
        await Expect(visitor.Page).ToHaveURLAsync(Visitor.At("/"));
    }

    private static ILocator Rows(Visitor visitor) => visitor.Page.Locator("tbody").GetByRole(AriaRole.Row);
}
