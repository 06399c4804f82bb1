namespace Sact.Session.Browser.Tests;

public sealed class AfterSigningOut(Site site)
{
    [Fact]
    public async Task TheBackButtonShowsNothingPrivate()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        await visitor.GoToAsync("Devices");
        await Expect(visitor.Heading("Devices")).ToBeVisibleAsync();
        await visitor.GoToAsync("Profile");
        await Expect(visitor.Heading("Hello, " + name)).ToBeVisibleAsync();
        await visitor.ClickAsync("Sign out");
        await Expect(visitor.Notice).ToHaveTextAsync("You are signed out on this device.");

        for (int i = 0; i < 2; i++)
        {
            await visitor.Page.GoBackAsync();

            await Expect(visitor.Heading("Sign in")).ToBeVisibleAsync();
            await Expect(visitor.Page.Locator("body")).Not.ToContainTextAsync(name);
            await Expect(visitor.Page.GetByRole(AriaRole.Table)).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task TheCookieIsGoneAndAKeptCopyIsWorthNothing()
    {
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(Visitor.NewName());
        var cookie = (await visitor.SessionCookieAsync())!;

        await visitor.ClickAsync("Sign out");
        await Expect(visitor.Notice).ToBeVisibleAsync();
        Assert.Null(await visitor.SessionCookieAsync());

        await visitor.PresentAsync(cookie);
        Assert.Equal(cookie.Value, (await visitor.SessionCookieAsync())!.Value);
        await visitor.Page.GotoAsync("/profile");
        await Expect(visitor.Heading("Sign in")).ToBeVisibleAsync();
    }
}
