namespace Sact.Session.Browser.Tests;

public sealed class SigningIn(Site site)
{
    [Fact]
    public async Task AWrongPasswordTellsNoMoreThanAnUnknownName()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        await visitor.ClickAsync("Sign out");

        var answers = new List<string>();
        foreach (string tried in (string[])[name, "nobody"])
        {
            await visitor.TrySignInAsync(tried, "not the password");
            await Expect(visitor.Alert).ToContainTextAsync("The user name or the password is wrong.");
            Assert.Null(await visitor.SessionCookieAsync());
            await Expect(visitor.Page.GetByLabel("Password")).ToHaveValueAsync("");
            answers.Add((await visitor.Page.InnerHTMLAsync("main")).Replace(tried, "…", StringComparison.Ordinal));
        }

        // Nothing on the page differs but the name that was typed and the form's own token.
        Assert.Equal(WithoutToken(answers[0]), WithoutToken(answers[1]));
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task TheFormSubmittedTwiceSignsInOnce()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        await visitor.ClickAsync("Sign out");
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.FillSignInAsync(name);

        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).DblClickAsync();

        // Of two sessions the one whose cookie came last is this device's; the other is never used, and goes by itself.
        await Expect(visitor.Heading("Hello, " + name)).ToBeVisibleAsync();
        await visitor.GoToAsync("Devices");
        await Expect(visitor.Devices.Filter(new() { HasText = "This device" })).ToHaveCountAsync(1);
        Assert.InRange(await visitor.Devices.CountAsync(), 1, 2);
    }

    [Fact]
    [Trait("abuse", "C4")]
    [Trait("abuse", "C6")]
    public async Task IssuesANewIdEachTime()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        string registered = (await visitor.SessionCookieAsync())!.Value;
        await visitor.ClickAsync("Sign out");

        // A second tab shows the form before the first tab signs in. So its sign-in presents the session of the first tab.
        var tab = await visitor.Context.NewPageAsync();
        var secondTab = new Visitor(visitor.Context, tab);
        await tab.GotoAsync("/sign-in");
        await visitor.SignInAsync(name);
        string first = (await visitor.SessionCookieAsync())!.Value;
        await secondTab.FillSignInAsync(name);
        await secondTab.ClickAsync("Sign in");
        await Expect(tab).ToHaveURLAsync(Visitor.At("/profile"));
        string second = (await visitor.SessionCookieAsync())!.Value;

        // The first 24 characters name the session. A renewal of the old session would keep them.
        Assert.Equal(3, new[] { registered, first, second }.Select(id => id[..24]).Distinct().Count());
        Assert.False(await SignsInAsync(registered));
        Assert.False(await SignsInAsync(first));
        Assert.True(await SignsInAsync(second));

        // Whether another browser with this cookie is signed in.
        async Task<bool> SignsInAsync(string id)
        {
            await using var thief = await site.VisitorAsync();
            await thief.Context.AddCookiesAsync(
                [new() { Name = "__Host-sid", Value = id, Domain = "localhost", Path = "/", Secure = true, HttpOnly = true }]);
            await thief.Page.GotoAsync("/profile");
            return Visitor.At("/profile").IsMatch(thief.Page.Url);
        }
    }

    [Fact]
    public async Task LeadsNowhereElse()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        foreach (string elsewhere in (string[])["https://example.org/", "//example.org", @"/\example.org", "javascript:alert(1)"])
        {
            await visitor.ClickAsync("Sign out");
            await Expect(visitor.Notice).ToBeVisibleAsync();
            await visitor.Page.GotoAsync("/sign-in?returnUrl=" + Uri.EscapeDataString(elsewhere));
            await visitor.FillSignInAsync(name);
            await visitor.ClickAsync("Sign in");

            await Expect(visitor.Page).ToHaveURLAsync(Visitor.At("/profile"));
        }
    }

    [Fact]
    public async Task TooManyPasswordsAreRefusedForAWhile()
    {
        await using var braked = await AccountsSite.StartAsync(passwordsPerMinute: 2);
        await using var visitor = await site.VisitorAsync(address: braked.Address);
        for (int i = 0; i < 2; i++)
        {
            await visitor.TrySignInAsync("nobody", $"guess {i}");
            await Expect(visitor.Alert).ToBeVisibleAsync();
        }

        await visitor.TrySignInAsync("nobody", "one guess more");

        await Expect(visitor.Heading("Too many tries")).ToBeVisibleAsync();
        var page = await visitor.Page.GotoAsync("/sign-in");
        Assert.Equal(200, page!.Status);
    }

    private static string WithoutToken(string html) =>
        System.Text.RegularExpressions.Regex.Replace(html, "<input name=\"__RequestVerificationToken\"[^>]*>", "");
}
