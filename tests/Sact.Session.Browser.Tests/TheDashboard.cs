using System.Diagnostics;
using Sact.Session.Samples.Tests;

namespace Sact.Session.Browser.Tests;

/// <summary>The session dashboard of the sample Operations, used by an administrator.</summary>
public sealed class TheDashboard(Site site) : IAsyncLifetime
{
    private RunningSample _sample = null!;

    public async ValueTask InitializeAsync()
    {
        // Chromium first: without it there is nothing to start.
        await site.AccountsAsync();
        string sample = RunningSample.ProgramOf("Operations");
        _sample = await RunningSample.StartAsync("Operations", folder => new ProcessStartInfo(
            "dotnet", [sample, "--sqlite", $"Data Source={Path.Combine(folder, "operations.db")}"])
        {
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["HOME"] = folder },
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_sample is not null)
        {
            await _sample.DisposeAsync();
        }
    }

    [Fact]
    public async Task FindsAUserAndEndsTheSession()
    {
        await using var admin = await SignInAsync();
        await admin.Page.GetByLabel("User id").FillAsync("grace-1@example.com");
        await admin.ClickAsync("Search");
        await Expect(Status(admin)).ToHaveTextAsync("1 session.");
        await Expect(Rows(admin)).ToContainTextAsync("Safari on iPhone");

        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Details of the session of grace-1@example.com" }).ClickAsync();
        var details = admin.Page.GetByRole(AriaRole.Dialog, new() { Name = "Session of grace-1@example.com" });
        await Expect(details).ToContainTextAsync("203.0.113.2");
        await Expect(details.GetByRole(AriaRole.Listitem).First).ToContainTextAsync("Began: Signed in");
        await details.GetByRole(AriaRole.Button, new() { Name = "End this session…" }).ClickAsync();
        await admin.Page.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(details).ToBeVisibleAsync();
        await details.GetByRole(AriaRole.Button, new() { Name = "End this session…" }).ClickAsync();
        await admin.Page.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "End", Exact = true }).ClickAsync();

        await Expect(Status(admin)).ToHaveTextAsync("The session has ended.");
        await Expect(details).ToBeHiddenAsync();
        await admin.ClickAsync("Search");
        await Expect(Status(admin)).ToHaveTextAsync("0 sessions.");
        await Expect(admin.Page.GetByText("No session matches.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task PagesThroughAllSessions()
    {
        await using var admin = await SignInAsync();
        var users = new HashSet<string>();
        await Expect(Rows(admin)).ToHaveCountAsync(25);
        users.UnionWith(await Rows(admin).Locator("td:first-child").AllTextContentsAsync());
        await admin.ClickAsync("Next page");
        await Expect(Status(admin)).ToHaveTextAsync("25 sessions on this page; more may follow.");
        users.UnionWith(await Rows(admin).Locator("td:first-child").AllTextContentsAsync());
        await admin.ClickAsync("Next page");
        await Expect(Status(admin)).ToHaveTextAsync("11 sessions.");
        users.UnionWith(await Rows(admin).Locator("td:first-child").AllTextContentsAsync());

        // 60 demo sessions, of which 6 are visitors without a name, and the administrator's.
        Assert.Equal(54 + 1 + 1, users.Count);
        await Expect(admin.Page.GetByRole(AriaRole.Button, new() { Name = "Next page" })).ToBeDisabledAsync();
        await admin.ClickAsync("First page");
        await Expect(Status(admin)).ToHaveTextAsync("25 sessions on this page; more may follow.");
    }

    [Fact]
    public async Task EndsASelectionOnlyWithAConfirmation()
    {
        await using var admin = await SignInAsync();
        await admin.Page.GetByLabel("IP address").FillAsync("203.0.113.2");
        await admin.ClickAsync("Search");
        await Expect(Status(admin)).ToHaveTextAsync("3 sessions.");
        await admin.ClickAsync("End all that match…");
        var question = admin.Page.GetByRole(AriaRole.Alertdialog);
        var end = question.GetByRole(AriaRole.Button, new() { Name = "End", Exact = true });
        await Expect(end).ToBeDisabledAsync();
        await question.GetByLabel("Type END to confirm").FillAsync("END");
        await end.ClickAsync();

        await Expect(Status(admin)).ToHaveTextAsync("3 sessions have ended.");
        await Expect(admin.Page.Locator("#signed-in")).Not.ToHaveTextAsync("–");
    }

    [Fact]
    public async Task IsForAdministratorsOnly()
    {
        await using var visitor = await site.VisitorAsync(null, Named(_sample));
        await visitor.Page.GotoAsync("/admin/sessions");
        await Expect(visitor.Page).ToHaveTitleAsync("Operations");
    }

    /// <summary>What is wrong with the page for people who use it without a mouse, a large screen or eyes.</summary>
    [Theory]
    [InlineData("wide", 1200, 760, ColorScheme.Light)]
    [InlineData("wide", 1200, 760, ColorScheme.Dark)]
    [InlineData("phone", 390, 844, ColorScheme.Light)]
    [InlineData("phone", 390, 844, ColorScheme.Dark)]
    public async Task HasNoAccessibilityViolation(string size, int width, int height, ColorScheme colours)
    {
        await using var admin = await SignInAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = colours,
            BypassCSP = true,
        });
        await Expect(Rows(admin)).ToHaveCountAsync(25);
        await NoViolationAsync("list");
        Assert.Equal(width, await admin.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Details of the session of" }).First.ClickAsync();
        await Expect(admin.Page.Locator("#details")).ToBeVisibleAsync();
        await NoViolationAsync("details");
        await admin.ClickAsync("Close");
        await admin.ClickAsync("End every session…");
        await Expect(admin.Page.GetByRole(AriaRole.Alertdialog)).ToBeVisibleAsync();
        await NoViolationAsync("confirm");

        Task NoViolationAsync(string what) =>
            admin.Page.ExpectNoViolationAsync($"dashboard-{what}-{size}-{colours.ToString().ToLowerInvariant()}");
    }

    [Fact]
    public async Task IsUsedByKeyboardAlone()
    {
        await using var admin = await SignInAsync();
        var keys = admin.Page.Keyboard;
        await Expect(Rows(admin)).ToHaveCountAsync(25);
        await keys.PressAsync("Tab");
        await Expect(admin.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the results" })).ToBeFocusedAsync();
        await keys.PressAsync("Tab");
        await Expect(admin.Page.GetByLabel("User id")).ToBeFocusedAsync();
        await keys.TypeAsync("linus-2@example.com");
        await keys.PressAsync("Enter");
        await Expect(Status(admin)).ToHaveTextAsync("1 session.");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "End the session of" }).FocusAsync();
        await keys.PressAsync("Enter");
        await Expect(admin.Page.GetByRole(AriaRole.Alertdialog)).ToBeVisibleAsync();
        await keys.PressAsync("Escape");
        await Expect(admin.Page.GetByRole(AriaRole.Alertdialog)).ToBeHiddenAsync();
        await Expect(Rows(admin)).ToHaveCountAsync(1);
        await Expect(admin.Page.GetByRole(AriaRole.Button, new() { Name = "End the session of" })).ToBeFocusedAsync();
    }

    /// <summary>A hostile name of a user or of a browser is shown, and does nothing.</summary>
    [Fact]
    public async Task RunsNothingThatASessionNames()
    {
        await using var attacker = await site.VisitorAsync(
            new() { UserAgent = "<img src=x onerror=document.title='owned'> Firefox/1" }, Named(_sample));
        await attacker.Page.GotoAsync("/");
        await attacker.ClickAsync("Sign in as the administrator");
        await using var admin = await SignInAsync();
        await admin.Page.GetByLabel("Browser contains").FillAsync("onerror");
        await admin.ClickAsync("Search");
        await Expect(Status(admin)).ToHaveTextAsync("1 session.");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Details of the session of" }).ClickAsync();
        await Expect(admin.Page.Locator("#facts")).ToContainTextAsync("<img src=x onerror=document.title='owned'> Firefox/1");

        await Expect(admin.Page).ToHaveTitleAsync("Sessions");
    }

    private async Task<Visitor> SignInAsync(BrowserNewContextOptions? options = null)
    {
        var admin = await site.VisitorAsync(options, Named(_sample));
        await admin.Page.GotoAsync("/");
        await admin.ClickAsync("Sign in as the administrator");
        await Expect(admin.Page).ToHaveTitleAsync("Sessions");
        return admin;
    }

    private static ILocator Status(Visitor admin) => admin.Page.GetByRole(AriaRole.Status);

    private static ILocator Rows(Visitor admin) => admin.Page.Locator("#rows tr[data-key]");

    private static Uri Named(RunningSample sample) => new UriBuilder(sample.Address) { Host = "localhost" }.Uri;
}
