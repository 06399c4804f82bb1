using System.Diagnostics;
using Sact.Session.Samples.Tests;
using Sact.Session.Stores;

namespace Sact.Session.Browser.Tests;

/// <summary>The sample BlazorServer: a live page, and static pages that sign in and out.</summary>
public sealed class TheBlazorServer(Site site) : IAsyncLifetime
{
    private RunningSample _sample = null!;

    private string File => Path.Combine(_sample.Folder, "sessions.db");

    public async ValueTask InitializeAsync()
    {
        // Chromium first: without it there is nothing to start.
        await site.AccountsAsync();
        string sample = RunningSample.ProgramOf("BlazorServer");
        _sample = await RunningSample.StartAsync("BlazorServer", folder => new ProcessStartInfo(
            "dotnet", [sample, "--sqlite", $"Data Source={Path.Combine(folder, "sessions.db")}"])
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
    public async Task TakesTheOrdersAwayWhenTheUserSignsOutEverywhereAndSaysWhy()
    {
        await using var desk = await SignInAsync("alice");
        await using var phone = await SignInAsync("alice");
        await using var bob = await SignInAsync("bob");
        await ExpectLiveAsync(desk, "Alice");
        await phone.GoToAsync("Devices");

        await phone.ClickAsync("Sign out everywhere");

        await Expect(phone.Heading("Sign in")).ToBeVisibleAsync();
        await Expect(desk.Alert).ToContainTextAsync("Your session has ended");
        await Expect(desk.Alert).ToContainTextAsync("You were signed out from another device.");
        await Expect(Orders(desk)).ToHaveCountAsync(0);
        await Expect(desk.Page.Locator("body")).Not.ToContainTextAsync("Alice");
        await ExpectLiveAsync(bob, "Bob");

        await desk.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await Expect(desk.Heading("Sign in")).ToBeVisibleAsync();
        await Expect(desk.Notice).ToHaveTextAsync("You were signed out from another device.");
    }

    [Fact]
    public async Task TakesTheOrdersAwayInTheOtherTabsWhenTheUserSignsOut()
    {
        await using var alice = await SignInAsync("alice");
        await using var other = new Visitor(alice.Context, await alice.Context.NewPageAsync());
        await other.Page.GotoAsync("/");
        await ExpectLiveAsync(other, "Alice");

        await alice.ClickAsync("Sign out");

        await Expect(alice.Heading("Sign in")).ToBeVisibleAsync();
        await Expect(other.Alert).ToContainTextAsync("You signed out in this browser.");
        await Expect(Orders(other)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task TakesTheOrdersAwayWhenTheSessionExpires()
    {
        await using var alice = await SignInAsync("alice");
        await ExpectLiveAsync(alice, "Alice");

        await SessionFile.RewriteAsync(
            File, "alice", record => record with { LastSeenAt = record.LastSeenAt - record.Lifetimes.IdleTimeout });

        await Expect(alice.Alert).ToContainTextAsync("You were away for too long.");
        await Expect(Orders(alice)).ToHaveCountAsync(0);
    }

    /// <summary>The components of the page still have what they fetched for alice.</summary>
    [Fact]
    public async Task IsStillNobodysAfterTheEndWhenTheBrowserConnectsAgainAsAnotherUser()
    {
        await using var alice = await SignInAsync("alice");
        await using var other = await OpenTabAsync(alice);
        await ExpectLiveAsync(other, "Alice");
        await alice.ClickAsync("Sign out");
        await Expect(other.Alert).ToContainTextAsync("You signed out in this browser.");
        await alice.FillSignInAsync("bob");
        await alice.ClickAsync("Sign in");
        await ExpectLiveAsync(alice, "Bob");

        // What the first connection changes is on the page once there is a second one.
        await ConnectAgainAsync(other);
        await ConnectAgainAsync(other);

        await Expect(other.Alert).ToContainTextAsync("You signed out in this browser.");
        await Expect(Orders(other)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task IsNobodysOnceTheBrowserConnectsAgainWithTheSessionOfAnotherUser()
    {
        await using var bob = await SignInAsync("bob");
        await using var alice = await SignInAsync("alice");
        await using var other = await OpenTabAsync(alice);
        await ExpectLiveAsync(other, "Alice");
        await alice.PresentAsync((await bob.SessionCookieAsync())!);

        await ConnectAgainAsync(other);

        await Expect(other.Alert).ToContainTextAsync("This page is out of date");
        await Expect(Orders(other)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task PacksAnOrderForTheUserOfTheCircuit()
    {
        await using var alice = await SignInAsync("alice");
        await ExpectLiveAsync(alice, "Alice");
        await alice.ClickAsync("Pause");
        await Expect(alice.Page.GetByRole(AriaRole.Button, new() { Name = "Resume" })).ToBeVisibleAsync();
        await Expect(Orders(alice).Filter(new() { HasText = "Alice" })).ToHaveCountAsync(0);

        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Pack order" }).First.ClickAsync();

        await Expect(Orders(alice).Filter(new() { HasText = "Alice" })).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task ListsTheDevicesAndSignsOutOneOrAllOthers()
    {
        await using var laptop = await SignInAsync("alice");
        await using var first = await SignInAsync("alice");
        await using var second = await SignInAsync("alice");
        await using var third = await SignInAsync("alice");
        await laptop.GoToAsync("Devices");
        await Expect(Devices(laptop)).ToHaveCountAsync(4);
        await Expect(Devices(laptop).First).ToContainTextAsync("This device");
        await Expect(Devices(laptop).First).ToContainTextAsync("Chrome on Linux");
        await Expect(Devices(laptop).Filter(new() { HasText = "This device" })).ToHaveCountAsync(1);

        // The last seen comes first, after this device: the third browser.
        await Devices(laptop).Nth(1).GetByRole(AriaRole.Button).ClickAsync();
        await Expect(laptop.Notice).ToHaveTextAsync("The device is signed out.");
        await Expect(Devices(laptop)).ToHaveCountAsync(3);
        await Expect(third.Alert).ToContainTextAsync("You were signed out from another device.");
        await ExpectLiveAsync(first, "Alice");

        await laptop.ClickAsync("Sign out all other devices");
        await Expect(laptop.Notice).ToHaveTextAsync("2 other devices are signed out.");
        await Expect(Devices(laptop)).ToHaveCountAsync(1);
        foreach (var other in (Visitor[])[first, second])
        {
            await Expect(other.Alert).ToContainTextAsync("You were signed out from another device.");
        }

        await laptop.GoToAsync("Orders");
        await ExpectLiveAsync(laptop, "Alice");
    }

    [Fact]
    public async Task RequestsThePasswordAgainBeforeASensitiveAction()
    {
        await using var alice = await SignInAsync("alice");
        await using var other = new Visitor(alice.Context, await alice.Context.NewPageAsync());
        await other.Page.GotoAsync("/");
        await ExpectLiveAsync(other, "Alice");
        await alice.GoToAsync("Devices");
        await LetPasswordsGrowOldAsync();

        await alice.ClickAsync("Sign out everywhere");
        await Expect(alice.Heading("Confirm your password")).ToBeVisibleAsync();
        await alice.GoToAsync("Your name");
        await alice.Page.GetByLabel("Name").FillAsync("Mallory");
        await alice.ClickAsync("Save");
        await Expect(alice.Heading("Confirm your password")).ToBeVisibleAsync();
        await alice.Page.GetByLabel("Password").FillAsync("a guess");
        await alice.ClickAsync("Continue");
        await Expect(alice.Alert).ToHaveTextAsync("That is not your password.");
        await Expect(alice.Page.GetByLabel("Password")).ToHaveValueAsync("");
        await alice.Page.GetByLabel("Password").FillAsync(Visitor.Password);
        await alice.ClickAsync("Continue");
        await Expect(alice.Heading("Your name")).ToBeVisibleAsync();
        await Expect(alice.Page.GetByLabel("Name")).ToHaveValueAsync("Alice");
        await alice.Page.GetByLabel("Name").FillAsync("Alice <b>Liddell</b>");
        await alice.ClickAsync("Save");
        await Expect(alice.Notice).ToHaveTextAsync("The name is saved.");

        // The confirmation has replaced the id. So the other tab follows the session again only after it was loaded again.
        await Expect(other.Alert).ToContainTextAsync("This page is out of date");
        await other.Page.GetByRole(AriaRole.Link, new() { Name = "Load the page again" }).ClickAsync();
        await ExpectLiveAsync(other, "Alice <b>Liddell</b>");
    }

    [Fact]
    public async Task SignsNobodyInWithAWrongPassword()
    {
        await using var visitor = await site.VisitorAsync(address: Named());
        foreach (string name in (string[])["alice", "nobody"])
        {
            await visitor.Page.GotoAsync("/sign-in");
            await visitor.FillSignInAsync(name, "a guess");
            await visitor.ClickAsync("Sign in");
            await Expect(visitor.Alert).ToHaveTextAsync("The user name or the password is wrong.");
            await Expect(visitor.Page.GetByLabel("Password")).ToHaveValueAsync("");
            Assert.Null(await visitor.SessionCookieAsync());
        }
    }

    [Fact]
    public async Task HasNothingThatAxeFindsWideInLightOrOnAPhoneInDark()
    {
        await using var other = await SignInAsync("alice");
        await using var visitor = await site.VisitorAsync(address: Named());
        await visitor.Page.GotoAsync("/nowhere");
        await Expect(visitor.Heading("There is no such page")).ToBeVisibleAsync();
        await CheckAsync("not-found");
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.FillSignInAsync("alice", "a guess");
        await visitor.ClickAsync("Sign in");
        await Expect(visitor.Alert).ToBeVisibleAsync();
        await CheckAsync("sign-in");
        await visitor.FillSignInAsync("alice");
        await visitor.ClickAsync("Sign in");
        await ExpectLiveAsync(visitor, "Alice");
        await visitor.ClickAsync("Pause");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Pack order" }).First.ClickAsync();
        await Expect(Orders(visitor).Filter(new() { HasText = "Alice" })).ToHaveCountAsync(1);
        await CheckAsync("orders");
        await visitor.GoToAsync("Devices");
        await Expect(Devices(visitor)).ToHaveCountAsync(2);
        await CheckAsync("devices");
        await visitor.GoToAsync("Your name");
        await visitor.ClickAsync("Save");
        await Expect(visitor.Notice).ToBeVisibleAsync();
        await CheckAsync("name");
        await visitor.Page.GotoAsync("/confirm");
        await visitor.Page.GetByLabel("Password").FillAsync("a guess");
        await visitor.ClickAsync("Continue");
        await Expect(visitor.Alert).ToBeVisibleAsync();
        await CheckAsync("confirm");
        await visitor.GoToAsync("Orders");
        await ExpectLiveAsync(visitor, "Alice");
        await other.GoToAsync("Devices");
        await other.ClickAsync("Sign out all other devices");
        await Expect(visitor.Alert).ToBeVisibleAsync();
        await CheckAsync("ended");

        async Task CheckAsync(string page)
        {
            foreach (var (size, width, colours) in
                ((string, int, ColorScheme)[])[("wide", 1100, ColorScheme.Light), ("phone", 390, ColorScheme.Dark)])
            {
                await visitor.Page.SetViewportSizeAsync(width, 420);
                await visitor.Page.EmulateMediaAsync(new() { ColorScheme = colours });
                await visitor.Page.ExpectNoViolationAsync($"blazor-{page}-{size}");
                Assert.Equal((page, width), (page, await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")));
            }
        }
    }

    private static ILocator Orders(Visitor visitor) =>
        visitor.Page.GetByRole(AriaRole.Table, new() { Name = "Orders" }).Locator("tbody").GetByRole(AriaRole.Row);

    private static ILocator Devices(Visitor visitor) =>
        visitor.Page.GetByRole(AriaRole.List, new() { Name = "Devices" }).Locator("> li");

    /// <summary>One more page in the browser of somebody. The test can close its connections.</summary>
    private static async Task<Visitor> OpenTabAsync(Visitor visitor)
    {
        var page = await visitor.Context.NewPageAsync();
        await page.AddInitScriptAsync("""
            window.sockets = [];
            window.WebSocket = class extends WebSocket {
                constructor(...address) {
                    super(...address);
                    window.sockets.push(this);
                }
            };
            """);
        await page.GotoAsync("/");
        return new Visitor(visitor.Context, page);
    }

    /// <summary>Closes the connection of the circuit, and waits until Blazor has made another one.</summary>
    private static async Task ConnectAgainAsync(Visitor visitor)
    {
        int before = await visitor.Page.EvaluateAsync<int>("sockets.length");
        await visitor.Page.EvaluateAsync("sockets.forEach(socket => socket.close())");
        await visitor.Page.WaitForFunctionAsync("before => sockets.length > before && sockets.at(-1).readyState === 1", before);
    }

    /// <summary>The page is of this user, and its orders move, so the circuit lives.</summary>
    private static async Task ExpectLiveAsync(Visitor visitor, string name)
    {
        await Expect(visitor.Page.Locator("#who")).ToHaveTextAsync(name);
        string first = await Orders(visitor).First.InnerTextAsync();
        await Expect(Orders(visitor).First).Not.ToHaveTextAsync(first);
    }

    /// <summary>As if all passwords had been entered ten minutes earlier.</summary>
    private Task LetPasswordsGrowOldAsync() => SessionFile.RewriteAsync(
        File, "alice", record => record with { AuthenticatedAt = record.AuthenticatedAt - TimeSpan.FromMinutes(10) });

    private Uri Named() => new UriBuilder(_sample.Address) { Host = "localhost" }.Uri;

    private async Task<Visitor> SignInAsync(string name)
    {
        var visitor = await site.VisitorAsync(address: Named());
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.FillSignInAsync(name);
        await visitor.ClickAsync("Sign in");
        await Expect(visitor.Heading("Orders")).ToBeVisibleAsync();
        return visitor;
    }
}
