namespace Sact.Session.Browser.Tests;

/// <summary>A chat and a live page on two nodes: what is open closes when the user signs out everywhere in one browser.</summary>
public sealed class EndedEverywhere(Site site)
{
    [Fact]
    public async Task TheChatAndTheLivePageOnTheOtherNodeClose()
    {
        await using var nodes = await ChatNodes.StartAsync();
        await using var laptop = await SignInAsync(nodes.First, "Ada");
        await using var phone = await SignInAsync(nodes.Second, "Ada", phone: true);
        await using var desk = await SignInAsync(nodes.Second, "Ada");
        await using var friend = await SignInAsync(nodes.Second, "Grace");
        await desk.Page.GetByRole(AriaRole.Link, new() { Name = "Live page" }).ClickAsync();
        await Expect(Status(desk)).ToHaveTextAsync("Live for Ada.");
        await phone.Page.GetByLabel("Message", new() { Exact = true }).FillAsync("Is my laptop still signed in?");
        await phone.ClickAsync("Send");
        await Expect(friend.Page.GetByRole(AriaRole.Listitem)).ToHaveTextAsync("Ada Is my laptop still signed in?");
        await PictureAsync(phone, "chat-before");

        // The time moves, so the circuit lives.
        string time = await desk.Page.Locator("#time").InnerTextAsync();
        await Expect(desk.Page.Locator("#time")).Not.ToHaveTextAsync(time);

        await laptop.ClickAsync("Sign out everywhere");

        await Expect(Status(phone)).ToHaveTextAsync("You are signed out. Sign in again");
        await Expect(phone.Page.GetByLabel("Message", new() { Exact = true })).ToBeDisabledAsync();
        await Expect(Status(desk)).ToHaveTextAsync("You are signed out. Sign in again");
        await PictureAsync(phone, "chat-after");
        await PictureAsync(desk, "live-after");

        // The session of another user lives on.
        await Expect(Status(friend)).ToHaveTextAsync("Connected.");
        await friend.Page.GetByLabel("Message", new() { Exact = true }).FillAsync("Bye");
        await friend.ClickAsync("Send");
        await Expect(friend.Page.GetByRole(AriaRole.Listitem).Last).ToHaveTextAsync("Grace Bye");
        await Expect(phone.Page.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
    }

    private static ILocator Status(Visitor visitor) => visitor.Page.GetByRole(AriaRole.Status);

    private static Task<byte[]> PictureAsync(Visitor visitor, string name) => visitor.Page.ScreenshotAsync(
        new() { Path = Path.Combine(Pictures.Folder, $"{name}.png") });

    private async Task<Visitor> SignInAsync(Uri node, string name, bool phone = false)
    {
        var visitor = await site.VisitorAsync(
            phone ? new() { ViewportSize = new() { Width = 390, Height = 700 }, ColorScheme = ColorScheme.Dark } : null, node);
        await visitor.Page.GotoAsync("/");
        await visitor.Page.GetByLabel("Name").FillAsync(name);
        await visitor.ClickAsync("Sign in");
        await Expect(Status(visitor)).ToHaveTextAsync("Connected.");
        return visitor;
    }
}
