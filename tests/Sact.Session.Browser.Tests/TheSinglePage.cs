using System.Diagnostics;
using Deque.AxeCore.Playwright;
using Sact.Session.Samples.Tests;

namespace Sact.Session.Browser.Tests;

/// <summary>The sample SinglePage: a page in JavaScript and its API.</summary>
public sealed class TheSinglePage(Site site) : IAsyncLifetime
{
    private RunningSample _sample = null!;

    public async ValueTask InitializeAsync()
    {
        // Chromium first: without it there is nothing to start.
        await site.AccountsAsync();
        string sample = RunningSample.ProgramOf("SinglePage");
        _sample = await RunningSample.StartAsync("SinglePage", folder => new ProcessStartInfo(
            "dotnet", [sample, "--sqlite", $"Data Source={Path.Combine(folder, "single-page.db")}"])
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
    public async Task KeepsTheUserAndTheNoteWhenItIsLoadedAgain()
    {
        await using var ada = await SignInAsync("Ada");
        await ada.Page.GetByLabel("Your note").FillAsync("Buy milk <b>today</b>");
        await ada.ClickAsync("Save the note");
        await Expect(ada.Notice).ToHaveTextAsync("The note is saved.");

        await ada.Page.ReloadAsync();

        await Expect(ada.Heading("Hello, Ada")).ToBeVisibleAsync();
        await Expect(ada.Page.GetByLabel("Your note")).ToHaveValueAsync("Buy milk <b>today</b>");
        Assert.Equal("", await ada.Page.EvaluateAsync<string>("document.cookie"));
    }

    [Fact]
    public async Task SaysWhyTheOtherDeviceWasSignedOut()
    {
        await using var laptop = await SignInAsync("Grace");
        await using var phone = await SignInAsync("Grace");
        await Expect(Devices(phone)).ToHaveCountAsync(2);
        await Expect(Devices(phone).First).ToContainTextAsync("This device");

        await phone.ClickAsync("Sign out the other devices");
        await Expect(phone.Notice).ToHaveTextAsync("1 other device is signed out.");
        await Expect(Devices(phone)).ToHaveCountAsync(1);
        await laptop.ClickAsync("Save the note");

        await Expect(laptop.Heading("Sign in")).ToBeVisibleAsync();
        await Expect(laptop.Notice).ToHaveTextAsync("You were signed out from another device.");
    }

    [Fact]
    public async Task SignsOutEveryTabOfTheBrowser()
    {
        await using var ada = await SignInAsync("Ada");
        var other = await ada.Context.NewPageAsync();

        // The script is there when it looks. What is before that is another test's.
        await other.RunAndWaitForResponseAsync(() => other.GotoAsync("/"), "**/api/time-left");
        await Expect(other.GetByRole(AriaRole.Heading, new() { Name = "Hello, Ada" })).ToBeVisibleAsync();

        await ada.ClickAsync("Sign out");

        await Expect(ada.Heading("Sign in")).ToBeVisibleAsync();
        await Expect(other.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    /// <summary>
    /// The script that signs out all tabs is loaded after the user is shown. Who signs out before it runs must not stay on the screen.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SignsOutATabThatHasNotLoadedTheScriptYet(bool canLoad)
    {
        await using var ada = await SignInAsync("Ada");
        var other = await ada.Context.NewPageAsync();
        var signedOut = new TaskCompletionSource();
        await other.RouteAsync("**/api/time-left/script.js", async route =>
        {
            await signedOut.Task;
            await (canLoad ? route.ContinueAsync() : route.AbortAsync());
        });
        await other.RunAndWaitForRequestAsync(() => other.GotoAsync("/", new() { WaitUntil = WaitUntilState.Commit }), "**/script.js");
        await Expect(other.GetByRole(AriaRole.Heading, new() { Name = "Hello, Ada" })).ToBeVisibleAsync();

        await ada.ClickAsync("Sign out");
        await Expect(ada.Notice).ToHaveTextAsync("You are signed out.");
        signedOut.SetResult();

        await Expect(other.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        await Expect(other.Locator("#who")).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData(1100, ColorScheme.Light)]
    [InlineData(1100, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task HasNothingThatAxeFinds(int width, ColorScheme colours)
    {
        await using var other = await SignInAsync("Mary");
        await using var visitor = await site.VisitorAsync(
            new() { ViewportSize = new() { Width = width, Height = 800 }, ColorScheme = colours }, Named());
        await visitor.Page.GotoAsync("/");
        await Expect(visitor.Heading("Sign in")).ToBeVisibleAsync();
        Assert.Empty((await visitor.Page.RunAxe()).Violations);
        await SignInAsync(visitor, "Mary");
        await Expect(Devices(visitor)).Not.ToHaveCountAsync(1);

        Assert.Empty((await visitor.Page.RunAxe()).Violations);
        await visitor.Page.ScreenshotAsync(new()
        {
            Path = Path.Combine(Pictures.Folder, $"single-page-{width}-{colours.ToString().ToLowerInvariant()}.png"),
            FullPage = true,
        });
    }

    private static ILocator Devices(Visitor visitor) =>
        visitor.Page.GetByRole(AriaRole.List, new() { Name = "Devices" }).GetByRole(AriaRole.Listitem);

    private static async Task SignInAsync(Visitor visitor, string name)
    {
        await visitor.Page.GetByLabel("Name").FillAsync(name);
        await visitor.ClickAsync("Sign in");
        await Expect(visitor.Heading($"Hello, {name}")).ToBeVisibleAsync();
    }

    private Uri Named() => new UriBuilder(_sample.Address) { Host = "localhost" }.Uri;

    private async Task<Visitor> SignInAsync(string name)
    {
        var visitor = await site.VisitorAsync(address: Named());
        await visitor.Page.GotoAsync("/");
        await SignInAsync(visitor, name);
        return visitor;
    }
}
