namespace Sact.Session.Browser.Tests;

public sealed class ForgedForms(Site site)
{
    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/devices?handler=EndOthers")]
    [InlineData("/password")]
    [InlineData("/profile?handler=Name")]
    [InlineData("/delete-account")]
    [InlineData("/sign-in")]
    [InlineData("/register")]
    public async Task AreRefusedWithoutTheToken(string path)
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);

        // By the browser's own cookies, as a page of a sibling domain would send it.
        var answer = await visitor.Context.APIRequest.PostAsync(
            path, new() { Form = visitor.Context.APIRequest.CreateFormData().Set("UserName", name), MaxRedirects = 0 });

        Assert.Equal(400, answer.Status);
        await visitor.GoToAsync("Profile");
        await Expect(visitor.Heading("Hello, " + name)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task AreRefusedWithSomebodyElsesToken()
    {
        await using var alice = await site.VisitorAsync();
        await using var mallory = await site.VisitorAsync();
        await alice.RegisterAsync(Visitor.NewName());
        await mallory.RegisterAsync(Visitor.NewName());
        string token = await mallory.Page.Locator("input[name=__RequestVerificationToken]").First.InputValueAsync();
        var planted = (await mallory.Context.CookiesAsync()).Single(cookie => cookie.Name == "form");
        await alice.Context.AddCookiesAsync(
            [new() { Name = planted.Name, Value = planted.Value, Domain = planted.Domain, Path = planted.Path, HttpOnly = true }]);

        // Both halves fit each other, but were made for another user.
        var answer = await alice.Context.APIRequest.PostAsync(
            "/sign-out",
            new() { Form = alice.Context.APIRequest.CreateFormData().Set("__RequestVerificationToken", token), MaxRedirects = 0 });

        Assert.Equal(400, answer.Status);
        Assert.NotNull(await alice.SessionCookieAsync());
    }

    [Fact]
    public async Task OfAnotherSiteBringNoSession()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        var address = (await site.AccountsAsync()).Address;
        var attacker = await visitor.Context.NewPageAsync();

        // The machine's number is another site to the browser than its name: SameSite keeps the cookie at home.
        string elsewhere = new UriBuilder(address) { Host = "127.0.0.1", Path = "/prize" }.ToString();
        await attacker.RouteAsync(elsewhere, route => route.FulfillAsync(new()
        {
            ContentType = "text/html",
            Body = $"<form method=post action='{address}sign-out'><button>Win a prize</button></form>",
        }));
        await attacker.GotoAsync(elsewhere);
        var forged = await attacker.RunAndWaitForRequestAsync(
            () => attacker.GetByRole(AriaRole.Button).ClickAsync(), request => request.Method == "POST");

        // The browser ends up on the site's own page, which asks whether to sign out.
        await Expect(attacker).ToHaveTitleAsync("Sign out – Accounts");

        Assert.Equal($"{address}sign-out", forged.Url);
        Assert.DoesNotContain("__Host-sid", await forged.HeaderValueAsync("cookie") ?? "", StringComparison.Ordinal);
        await visitor.GoToAsync("Profile");
        await Expect(visitor.Heading("Hello, " + name)).ToBeVisibleAsync();
    }
}
