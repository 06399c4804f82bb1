namespace Sact.Session.Browser.Tests;

public sealed class TheSessionCookie(Site site)
{
    [Fact]
    public async Task HasTheAttributesThatKeepItSafeAsTheBrowserSeesThem()
    {
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(Visitor.NewName());

        var cookie = await visitor.SessionCookieAsync();

        Assert.NotNull(cookie);
        Assert.True(cookie.HttpOnly);
        Assert.True(cookie.Secure);
        Assert.Equal(SameSiteAttribute.Lax, cookie.SameSite);
        Assert.Equal("/", cookie.Path);

        // With a Domain attribute it would begin with a dot.
        Assert.Equal("localhost", cookie.Domain);
        Assert.Equal(56, cookie.Value.Length);
        Assert.DoesNotContain("__Host-sid", await visitor.Page.EvaluateAsync<string>("document.cookie"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsForgottenWithTheBrowserUnlessItIsToBeRemembered()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        Assert.Equal(-1, (await visitor.SessionCookieAsync())!.Expires);

        await visitor.ClickAsync("Sign out");
        await visitor.SignInAsync(name, remember: false);
        Assert.Equal(-1, (await visitor.SessionCookieAsync())!.Expires);

        await visitor.ClickAsync("Sign out");
        var now = DateTimeOffset.UtcNow;
        await visitor.SignInAsync(name, remember: true);
        var expires = DateTimeOffset.FromUnixTimeSeconds((long)(await visitor.SessionCookieAsync())!.Expires);

        // The browser rounds it.
        Assert.InRange(expires, now.AddDays(28).AddHours(-1), now.AddDays(28).AddHours(1));
    }

    [Fact]
    public async Task IsNotSentByReading()
    {
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(Visitor.NewName());

        foreach (string path in (string[])["/profile", "/devices", "/password", "/"])
        {
            var answer = await visitor.Page.GotoAsync(path);
            Assert.DoesNotContain("__Host-sid", await answer!.HeaderValueAsync("set-cookie") ?? "", StringComparison.Ordinal);
            Assert.Contains("no-store", await answer.HeaderValueAsync("cache-control") ?? "", StringComparison.Ordinal);
        }
    }
}
