using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>The headers that delete a cookie of a registration, and leftovers of its name in other scopes.</summary>
public sealed class DeletedCookies
{
    private const int Most = 20;
    private const int MostBytes = 2048;

    [Fact]
    public void KeepTheirNames()
    {
        var header = Header();

        foreach (string name in new[] { "cart", "sid", "basket", "cart", "sid" })
        {
            Assert.StartsWith(name + "=;", header.Delete(name, secure: false), StringComparison.Ordinal);
        }
    }

    /// <summary>A site may serve both, where the cookie is secure only over https.</summary>
    [Fact]
    public void AreSecureOverHttpsOnlyHoweverTheOtherRequestsCame()
    {
        var header = Header();

        foreach (bool secure in new[] { true, false, true, false })
        {
            string[] headers =
            [
                header.Delete("sid", secure), header.Delete("cart", secure), header.Set("sid", "x", secure, age: null),
                header.Set("sid", "x", secure, TimeSpan.FromDays(1)),
            ];
            Assert.All(headers, sent => Assert.Equal(secure, sent.Contains("; secure", StringComparison.Ordinal)));
            Assert.All(headers[..2], sent => Assert.Contains("expires=Thu, 01 Jan 1970", sent, StringComparison.Ordinal));
            Assert.All(headers[2..], sent => Assert.DoesNotContain("1970", sent, StringComparison.Ordinal));
        }
    }

    /// <summary>An attacker may plant a cookie in any scope. Each scope is reached, and the likely ones every time.</summary>
    [Theory]
    [InlineData("/a/b", true, 10)]
    [InlineData("/a/b/c/d", false, 10)]
    [InlineData("/a-rather-long-part-of-a-path/another-long-part-of-the-path/yet-another-one/x", true, 8)]
    public void OfTheLikelyScopesTakeHalfTheRoomAndTheOthersTakeTurns(string path, bool secure, int likely)
    {
        var header = Header();
        var request = Request("www.shop.example.com", path);
        var scopes = CookieScope.Of(header.Cookie).Others(request, secure, hostOnly: false);
        var reached = new HashSet<string>();
        var next = new HashSet<string>();

        string[] first = header.DeleteOthers("sid", secure, request)[..likely];
        for (int i = 0; i < scopes.Length; i++)
        {
            string[] headers = header.DeleteOthers("sid", secure, request);
            Assert.Equal(first, headers[..likely]);
            Assert.InRange(headers.Length, likely + 1, Most);
            Assert.InRange(headers.Sum(sent => sent.Length), 1, MostBytes);
            Assert.Distinct(headers);
            reached.UnionWith(headers);
            next.Add(headers[likely]);
        }

        Assert.All(first.Zip(scopes), pair => Assert.Contains($"path={pair.Second.Path};", pair.First + ";", StringComparison.Ordinal));
        Assert.All(
            first.Zip(scopes),
            pair => Assert.Equal(pair.Second.IsPartitioned, pair.First.Contains("Partitioned", StringComparison.Ordinal)));
        Assert.Equal(likely == Most / 2, first.Sum(sent => sent.Length) + Longest(first) <= MostBytes / 2);
        Assert.Equal(scopes.Length, reached.Count);
        Assert.Equal(scopes.Length - likely, next.Count);
        Assert.True(scopes.Length > Most);
    }

    [Fact]
    public void OfLeftoversAreSentOnceAndBeforeTheCookieOfThisResponse()
    {
        var cookies = new PendingCookies();
        cookies.Set("sid", "sid=new; path=/");
        string[] leftovers = ["sid=; path=/a", "sid=; path=/a/b"];

        cookies.AddFirst(leftovers);
        cookies.AddFirst(leftovers);
        cookies.AddFirst([leftovers[1]]);

        Assert.Equal([leftovers[1], leftovers[0], "sid=new; path=/"], Sent(cookies));
    }

    [Fact]
    public void OfLeftoversAreKnownByTheWholeName()
    {
        var cookies = new PendingCookies();
        cookies.Set("sid", "sid=new; path=/");
        cookies.Set("sid2", "sid2=new; path=/");
        Assert.False(cookies.DeletesLeftoversOf("sid"));

        cookies.AddFirst(["sid2=; path=/a"]);

        Assert.False(cookies.DeletesLeftoversOf("sid"));
        Assert.True(cookies.DeletesLeftoversOf("sid2"));
        cookies.AddFirst(["sid=; path=/a"]);
        Assert.True(cookies.DeletesLeftoversOf("sid"));
        Assert.False(cookies.DeletesLeftoversOf("si"));
    }

    private static int Longest(string[] headers) => headers.Max(sent => sent.Length);

    private static string?[] Sent(PendingCookies cookies)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        cookies.PutInto(headers);
        return headers.SetCookie.ToArray();
    }

    private static SetCookieHeader Header() => new(new CookieBuilder
    {
        Name = "sid",
        Path = "/",
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        SecurePolicy = CookieSecurePolicy.SameAsRequest,
    });

    private static HttpRequest Request(string host, string path)
    {
        var request = new DefaultHttpContext().Request;
        (request.Host, request.Path) = (new HostString(host), path);
        return request;
    }
}
