namespace Sact.Session.Browser.Tests;

public sealed class DeletingTheAccount(Site site)
{
    [Fact]
    public async Task AsksForThePasswordWhereItWasGivenLongAgoThenEndsEverything()
    {
        string name = Visitor.NewName();
        var accounts = await site.AccountsAsync();
        await using var here = await site.VisitorAsync();
        await using var there = await site.VisitorAsync();
        await here.RegisterAsync(name);
        await there.SignInAsync(name);
        await accounts.LetPasswordsGrowOldAsync(name);
        string before = (await here.SessionCookieAsync())!.Value;

        await here.Page.GetByRole(AriaRole.Link, new() { Name = "Delete the account" }).ClickAsync();
        await Expect(here.Heading("Is it you?")).ToBeVisibleAsync();
        await here.Page.GetByLabel("Password").FillAsync("not the password");
        await here.ClickAsync("Go on");
        await Expect(here.Alert).ToContainTextAsync("That is not your password.");
        await here.Page.GetByLabel("Password").FillAsync(Visitor.Password);
        await here.ClickAsync("Go on");

        // Stepping up has replaced the secret of the same session.
        await Expect(here.Heading("Delete the account")).ToBeVisibleAsync();
        string after = (await here.SessionCookieAsync())!.Value;
        Assert.Equal(before[..32], after[..32]);
        Assert.NotEqual(before, after);

        await here.ClickAsync("Delete it for good");
        await Expect(here.Notice).ToHaveTextAsync("Your account is deleted, and every device is signed out.");
        Assert.Null(await here.SessionCookieAsync());
        Assert.Equal(0, await accounts.CountUsersAsync(name));
        await there.GoToAsync("Devices");
        await Expect(there.Heading("Sign in")).ToBeVisibleAsync();
        await there.TrySignInAsync(name);
        await Expect(there.Alert).ToBeVisibleAsync();
    }

    [Fact]
    public async Task IsRefusedInTheMiddleToo()
    {
        string name = Visitor.NewName();
        var accounts = await site.AccountsAsync();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Delete the account" }).ClickAsync();
        await Expect(visitor.Heading("Delete the account")).ToBeVisibleAsync();

        // The page was opened in time, and lay there.
        await accounts.LetPasswordsGrowOldAsync(name);
        await visitor.ClickAsync("Delete it for good");

        await Expect(visitor.Heading("Is it you?")).ToBeVisibleAsync();
        Assert.Equal(1, await accounts.CountUsersAsync(name));
    }
}
