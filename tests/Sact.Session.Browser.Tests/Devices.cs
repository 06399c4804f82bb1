namespace Sact.Session.Browser.Tests;

public sealed class Devices(Site site)
{
    [Fact]
    public async Task AreSeenOnBothAndTheOneEndedIsSignedOutAtItsNextClick()
    {
        string name = Visitor.NewName();
        await using var here = await site.VisitorAsync();
        await using var there = await site.VisitorAsync();
        await here.RegisterAsync(name);
        await there.SignInAsync(name);

        foreach (var visitor in (Visitor[])[here, there])
        {
            await visitor.GoToAsync("Devices");
            await Expect(visitor.Devices).ToHaveCountAsync(2);
            await Expect(visitor.Devices.Filter(new() { HasText = "This device" })).ToHaveCountAsync(1);
            await Expect(visitor.Devices.First).ToContainTextAsync("Chrome on Linux");
            await Expect(visitor.Devices.First).ToContainTextAsync("127.0.0.1");
        }

        // The second still shows its page. It learns at its next click.
        await here.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out Chrome on Linux" }).ClickAsync();
        await Expect(here.Notice).ToHaveTextAsync("The device is signed out.");
        await Expect(here.Devices).ToHaveCountAsync(1);
        await Expect(there.Devices).ToHaveCountAsync(2);

        await there.GoToAsync("Profile");
        await Expect(there.Heading("Sign in")).ToBeVisibleAsync();
        await Expect(there.Page.Locator(".lead")).ToHaveTextAsync("You were signed out from another device. Sign in to go on.");
        await Expect(there.Page.Locator("body")).Not.ToContainTextAsync(name);
        await here.GoToAsync("Profile");
        await Expect(here.Heading("Hello, " + name)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task AreLedBackToWhereTheyWantedToGo()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        await visitor.ClickAsync("Sign out");
        await Expect(visitor.Notice).ToHaveTextAsync("You are signed out on this device.");

        await visitor.Page.GotoAsync("/devices");
        await Expect(visitor.Page).ToHaveURLAsync(Visitor.At(@"/sign-in\?returnUrl=%2Fdevices"));
        await visitor.FillSignInAsync(name);
        await visitor.ClickAsync("Sign in");

        await Expect(visitor.Page).ToHaveURLAsync(Visitor.At("/devices"));
    }

    [Fact]
    public async Task AllOthersGoAtOnce()
    {
        string name = Visitor.NewName();
        await using var here = await site.VisitorAsync();
        await using var second = await site.VisitorAsync();
        await using var third = await site.VisitorAsync();
        await here.RegisterAsync(name);
        await second.SignInAsync(name);
        await third.SignInAsync(name);

        await here.GoToAsync("Devices");
        await here.ClickAsync("Sign out all other devices");

        await Expect(here.Notice).ToHaveTextAsync("2 other devices are signed out.");
        await Expect(here.Devices).ToHaveCountAsync(1);
        foreach (var visitor in (Visitor[])[second, third])
        {
            await visitor.GoToAsync("Devices");
            await Expect(visitor.Heading("Sign in")).ToBeVisibleAsync();
        }
    }

    [Fact]
    public async Task AskForThePasswordFirstWhereItWasGivenLongAgo()
    {
        string name = Visitor.NewName();
        await using var here = await site.VisitorAsync();
        await using var there = await site.VisitorAsync();
        await here.RegisterAsync(name);
        await there.SignInAsync(name);
        await here.GoToAsync("Devices");
        await (await site.AccountsAsync()).LetPasswordsGrowOldAsync(name);

        await here.ClickAsync("Sign out all other devices");

        await Expect(here.Heading("Is it you?")).ToBeVisibleAsync();
        await there.GoToAsync("Profile");
        await Expect(there.Heading("Hello, " + name)).ToBeVisibleAsync();

        await here.Page.GetByLabel("Password").FillAsync(Visitor.Password);
        await here.ClickAsync("Go on");
        await Expect(here.Heading("Devices")).ToBeVisibleAsync();
        await here.ClickAsync("Sign out all other devices");
        await Expect(here.Notice).ToHaveTextAsync("One other device is signed out.");
    }

    [Fact]
    [Trait("abuse", "C9")]
    public async Task OfSomebodyElseAreNotEnded()
    {
        string name = Visitor.NewName();
        await using var alice = await site.VisitorAsync();
        await using var mallory = await site.VisitorAsync();
        await using var mallorysPhone = await site.VisitorAsync();
        await alice.RegisterAsync(name);
        string theirs = Visitor.NewName();
        await mallory.RegisterAsync(theirs);
        await mallorysPhone.SignInAsync(theirs);
        string alices = "session:" + (await alice.SessionCookieAsync())!.Value[..24];

        await mallory.GoToAsync("Devices");
        await mallory.Page.Locator("input[name=key]").EvaluateAsync("(input, key) => input.value = key", alices);
        await mallory.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out Chrome on Linux" }).ClickAsync();

        await Expect(mallory.Notice).ToHaveTextAsync("That device was signed out already.");
        await alice.GoToAsync("Devices");
        await Expect(alice.Heading("Devices")).ToBeVisibleAsync();
    }
}
