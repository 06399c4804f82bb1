namespace Sact.Session.Browser.Tests;

/// <summary>The dialog that warns before a session ends, and the tabs of a browser that sign out together.</summary>
public sealed class TheWarning(Site site)
{
    [Fact]
    public async Task IsADialogThatLetsTheUserStay()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        await visitor.Page.GetByLabel("Display name").FocusAsync();
        await (await site.AccountsAsync()).LeaveAsync(name, TimeSpan.FromSeconds(100));

        await LookAsync(visitor.Page);

        var dialog = visitor.Page.GetByRole(AriaRole.Alertdialog, new() { Name = "You are about to be signed out" });
        await Expect(dialog).ToBeVisibleAsync();
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Stay signed in" })).ToBeFocusedAsync();
        await Expect(dialog.GetByRole(AriaRole.Status)).ToContainTextAsync("seconds are left.");
        await visitor.Page.ScreenshotAsync(new() { Path = Path.Combine(Pictures.Folder, "warning.png") });
        await visitor.ClickAsync("Stay signed in");
        await Expect(dialog).ToBeHiddenAsync();
        await Expect(visitor.Page.GetByLabel("Display name")).ToBeFocusedAsync();
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Heading("Hello, " + name)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task SignsAllTabsOut()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        var other = await visitor.Context.NewPageAsync();
        await other.GotoAsync("/devices");
        await (await site.AccountsAsync()).LeaveAsync(name, TimeSpan.FromSeconds(100));
        await LookAsync(visitor.Page);

        await visitor.Page.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await Expect(visitor.Page).ToHaveURLAsync(Visitor.At("/sign-in"));
        await Expect(other).ToHaveURLAsync(Visitor.At("/sign-in"));
    }

    [Fact]
    public async Task IsNotNeededWhereTheUserSignsOutInAnotherTab()
    {
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(Visitor.NewName());
        var other = await visitor.Context.NewPageAsync();
        await other.GotoAsync("/devices");

        await visitor.ClickAsync("Sign out");

        await Expect(other).ToHaveURLAsync(Visitor.At("/sign-in"));
    }

    /// <summary>The page of a user says so to the script, which has not seen the session.</summary>
    [Fact]
    public async Task LeavesAPageWhoseUserSignedOutBeforeTheScriptRan()
    {
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(Visitor.NewName());
        var other = await visitor.Context.NewPageAsync();
        var signedOut = new TaskCompletionSource();
        await other.RouteAsync("**/session/script.js", async route =>
        {
            await signedOut.Task;
            await route.ContinueAsync();
        });
        await other.RunAndWaitForRequestAsync(
            () => other.GotoAsync("/devices", new() { WaitUntil = WaitUntilState.Commit }), "**/session/script.js");
        await Expect(other.GetByRole(AriaRole.Table, new() { Name = "Devices" })).ToBeVisibleAsync();

        await visitor.ClickAsync("Sign out");
        await Expect(visitor.Page).ToHaveURLAsync(Visitor.At("/sign-in"));
        signedOut.SetResult();

        await Expect(other).ToHaveURLAsync(Visitor.At("/sign-in"));
    }

    /// <summary>What the script does when its tab becomes visible.</summary>
    private static async Task LookAsync(IPage page) =>
        await page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))");
}
