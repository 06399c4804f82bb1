using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>The scopes in which a browser may have a leftover of the session cookie.</summary>
public sealed class OtherScopesOfACookie
{
    private static readonly CookieScope s_own = new(null, "/", IsPartitioned: false);

    [Fact]
    public void AreTheDomainsAndPathsAboveTheRequest()
    {
        var others = s_own.Others(Request("www.shop.example.com", "/a/b"), secure: false, hostOnly: false);

        Assert.Equal(
            ["", "example.com", "shop.example.com", "www.shop.example.com"],
            others.Select(scope => scope.Domain ?? "").Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(["/", "/a", "/a/", "/a/b"], others.Select(scope => scope.Path).Distinct().Order(StringComparer.Ordinal));
        Assert.DoesNotContain(s_own, others);
    }

    [Fact]
    public void ThatDifferInOneAttributeComeFirst()
    {
        var others = s_own.Others(Request("shop.example.com", "/a/b"), secure: true, hostOnly: false);

        int[] differences =
        [
            .. others.Select(scope =>
                (scope.Domain is null ? 0 : 1) + (scope.Path == "/" ? 0 : 1) + (scope.IsPartitioned ? 1 : 0)),
        ];
        Assert.Equal(differences.Order(), differences);
        Assert.Equal([1, 2, 3], differences.Distinct());
    }

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("localhost", "")]
    [InlineData("192.0.2.1", "")]
    [InlineData("a..example.com", "")]
    [InlineData("exa_mple.com", "")]
    public void HaveADomainOnlyWhereABrowserTakesOne(string host, string domains)
    {
        var others = s_own.Others(Request(host, "/"), secure: false, hostOnly: false);

        Assert.Equal(domains, string.Join(' ', others.Select(scope => scope.Domain).Where(domain => domain is not null).Distinct()));
    }

    [Fact]
    public void ArePartitionedOnlyIfTheCookieIsSecure()
    {
        var request = Request("example.com", "/a");

        Assert.All(s_own.Others(request, secure: false, hostOnly: false), scope => Assert.False(scope.IsPartitioned));
        Assert.Contains(s_own.Others(request, secure: true, hostOnly: false), scope => scope.IsPartitioned);
    }

    [Fact]
    public void OfANameThatForbidsDomainAndPathDifferOnlyInThePartition() => Assert.Equal(
        [s_own with { IsPartitioned = true }],
        s_own.Others(Request("www.example.com", "/a/b"), secure: true, hostOnly: true));

    /// <summary>A long address must not make a long answer.</summary>
    [Fact]
    public void HaveAtMostFourSegmentsOfThePath()
    {
        string path = string.Concat(Enumerable.Range(0, 30).Select(static i => $"/{i}"));
        var paths = s_own.Others(Request("localhost", path), secure: false, hostOnly: false).Select(scope => scope.Path);

        Assert.Equal("/0/1/2/3/", paths.MaxBy(static found => found.Length));
    }

    [Theory]
    [InlineData("/a;b")]
    [InlineData("/a,b")]
    public void HaveNoPathThatAHeaderCannotCarry(string path) =>
        Assert.Empty(s_own.Others(Request("localhost", path), secure: false, hostOnly: false));

    /// <summary>A name has at most 253 characters (RFC 1035 section 2.3.4).</summary>
    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    public void HaveNoDomainThatIsLongerThanAName(int length, bool expected)
    {
        string host = new string('a', length - ".example.com".Length) + ".example.com";

        var others = s_own.Others(Request(host, "/"), secure: false, hostOnly: false);

        Assert.Equal(length, host.Length);
        Assert.Equal(expected, others.Any(scope => scope.Domain == host));
    }

    [Theory]
    [InlineData(199, true)]
    [InlineData(200, false)]
    public void HaveNoPathOfTwoHundredCharacters(int length, bool expected)
    {
        string path = "/" + new string('a', length - 1);

        var others = s_own.Others(Request("localhost", path), secure: false, hostOnly: false);

        Assert.Equal(expected, others.Any(scope => scope.Path == path));
    }

    /// <summary>A browser ignores the dot (RFC 6265bis section 5.6.3). The framework writes <c>/</c> where no path is set.</summary>
    [Fact]
    public void AreNotTheOneThatTheOptionsSpellInAnotherWay()
    {
        var own = CookieScope.Of(new CookieBuilder { Domain = ".Example.com", Path = null });

        Assert.Equal(new CookieScope("example.com", "/", IsPartitioned: false), own);
        Assert.DoesNotContain(own, own.Others(Request("example.com", "/a"), secure: false, hostOnly: false));
    }

    private static HttpRequest Request(string host, string path)
    {
        var request = new DefaultHttpContext().Request;
        (request.Host, request.Path) = (new HostString(host), path);
        return request;
    }
}
