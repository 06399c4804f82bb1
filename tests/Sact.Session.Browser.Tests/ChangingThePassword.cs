namespace Sact.Session.Browser.Tests;

public sealed class ChangingThePassword(Site site)
{
    private const string Next = "staple battery horse correct";

    [Fact]
    public async Task EndsTheOthersAndReplacesTheSecretOfThisOne()
    {
        string name = Visitor.NewName();
        await using var here = await site.VisitorAsync();
        await using var there = await site.VisitorAsync();
        await here.RegisterAsync(name);
        await there.SignInAsync(name);
        var before = (await here.SessionCookieAsync())!;

        await ChangeAsync(here, Visitor.Password, Next);

        await Expect(here.Notice).ToHaveTextAsync("Your password is changed. One other device is signed out.");
        var after = (await here.SessionCookieAsync())!;
        Assert.Equal(before.Value[..32], after.Value[..32]);
        Assert.NotEqual(before.Value, after.Value);
        await there.GoToAsync("Profile");
        await Expect(there.Heading("Sign in")).ToBeVisibleAsync();

        await there.TrySignInAsync(name, Visitor.Password);
        await Expect(there.Alert).ToBeVisibleAsync();
        await there.SignInAsync(name, Next);
        await here.GoToAsync("Devices");
        await Expect(here.Devices).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task NeedsTheOldOne()
    {
        string name = Visitor.NewName();
        await using var here = await site.VisitorAsync();
        await using var there = await site.VisitorAsync();
        await here.RegisterAsync(name);
        await there.SignInAsync(name);

        await ChangeAsync(here, "not the password", Next);

        await Expect(here.Alert).ToContainTextAsync("That is not your password.");
        await there.GoToAsync("Profile");
        await Expect(there.Heading("Hello, " + name)).ToBeVisibleAsync();
    }

    private static async Task ChangeAsync(Visitor visitor, string old, string chosen)
    {
        await visitor.GoToAsync("Password");
        await visitor.Page.GetByLabel("Your password until now").FillAsync(old);
        await visitor.Page.GetByLabel("New password", new() { Exact = true }).FillAsync(chosen);
        await visitor.Page.GetByLabel("New password, once more").FillAsync(chosen);
        await visitor.ClickAsync("Change the password");
    }
}
