using System.Reflection;

namespace Sact.Session.Browser.Tests;

/// <summary>
/// Pictures of the pages, for people to look at. They are written beside the other things that a build makes, in artifacts/screenshots.
/// </summary>
public sealed class Pictures(Site site)
{
    private const string Phone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 "
        + "Safari/604.1";
    private const string Office = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

    /// <summary>Where all tests leave their pictures.</summary>
    internal static string Folder { get; } =
        typeof(Pictures).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Screenshots").Value!;

    [Theory]
    [InlineData("wide", 1100, 720, ColorScheme.Light)]
    [InlineData("wide", 1100, 720, ColorScheme.Dark)]
    [InlineData("phone", 390, 844, ColorScheme.Light)]
    [InlineData("phone", 390, 844, ColorScheme.Dark)]
    public async Task AreTaken(string size, int width, int height, ColorScheme colours)
    {
        string name = Visitor.NewName();
        await using var phone = await site.VisitorAsync(new() { UserAgent = Phone });
        await using var office = await site.VisitorAsync(new() { UserAgent = Office });
        await using var visitor = await site.VisitorAsync(
            new()
            {
                ViewportSize = new() { Width = width, Height = height },
                ColorScheme = colours,
                DeviceScaleFactor = size == "phone" ? 2 : 1,
            });
        var accounts = await site.AccountsAsync();
        await phone.RegisterAsync(name);
        await phone.ClickAsync("Sign out");
        await phone.SignInAsync(name, remember: true);
        await accounts.LetTimePassAsync(name, daysSinceSignIn: 9, hoursSinceSeen: 20);
        await office.SignInAsync(name, remember: true);
        await accounts.LetTimePassAsync(name, daysSinceSignIn: 3, hoursSinceSeen: 2);

        async Task TakeAsync(string page) =>
            await visitor.Page.ScreenshotAsync(
                new() { Path = Path.Combine(Folder, $"{page}-{size}-{colours.ToString().ToLowerInvariant()}.png"), FullPage = true });

        await visitor.Page.GotoAsync("/");
        await TakeAsync("start");
        await visitor.Page.GotoAsync("/register");
        await visitor.ClickAsync("Create the account");
        await Expect(visitor.Alert).ToBeVisibleAsync();
        await TakeAsync("errors");
        await visitor.Page.GotoAsync("/sign-in");
        await TakeAsync("sign-in");
        await visitor.SignInAsync(name);
        await visitor.Page.GetByLabel("Display name").FillAsync("Ada Lovelace");
        await visitor.ClickAsync("Save the name");
        await Expect(visitor.Heading("Hello, Ada Lovelace")).ToBeVisibleAsync();
        await TakeAsync("profile");
        await visitor.GoToAsync("Devices");
        await Expect(visitor.Devices).ToHaveCountAsync(3);
        await Expect(visitor.Devices.Filter(new() { HasText = "Safari on iPhone" })).ToHaveCountAsync(1);
        await Expect(visitor.Devices.Filter(new() { HasText = "Firefox on Windows" })).ToHaveCountAsync(1);
        await TakeAsync("devices");
        await visitor.GoToAsync("Password");
        await Expect(visitor.Heading("Change your password")).ToBeVisibleAsync();
        await TakeAsync("password");
        await visitor.Page.GotoAsync("/delete-account");
        await TakeAsync("delete");
    }
}
