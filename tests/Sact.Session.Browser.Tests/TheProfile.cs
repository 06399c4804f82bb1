namespace Sact.Session.Browser.Tests;

public sealed class TheProfile(Site site)
{
    [Fact]
    public async Task KeepsTheAppearanceWithTheDeviceAndTheNameWithTheUser()
    {
        string name = Visitor.NewName();
        await using var here = await site.VisitorAsync();
        await using var there = await site.VisitorAsync();
        await here.RegisterAsync(name);
        await there.SignInAsync(name);

        await here.Page.GetByLabel("Dark").CheckAsync();
        await here.ClickAsync("Save the appearance");
        await Expect(here.Notice).ToHaveTextAsync("The appearance is saved.");
        await here.Page.GetByLabel("Display name").FillAsync("Ada <b>Lovelace</b>");
        await here.ClickAsync("Save the name");
        await Expect(here.Notice).ToHaveTextAsync("The name is saved.");

        await here.GoToAsync("Devices");
        await Expect(here.Page.Locator("html")).ToHaveCSSAsync("color-scheme", "dark");
        await there.GoToAsync("Profile");
        await Expect(there.Heading("Hello, Ada <b>Lovelace</b>")).ToBeVisibleAsync();
        await Expect(there.Page.GetByLabel("System")).ToBeCheckedAsync();
        await Expect(there.Page.Locator("html")).ToHaveCSSAsync("color-scheme", "light dark");
    }

    [Fact]
    public async Task SaysSomethingOnce()
    {
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(Visitor.NewName());
        await Expect(visitor.Notice).ToHaveTextAsync("Your account is there, and you are signed in.");

        await visitor.Page.ReloadAsync();

        await Expect(visitor.Heading("Hello")).ToBeVisibleAsync();
        await Expect(visitor.Notice).ToHaveCountAsync(0);
    }
}
