using System.Net;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A browser with one jar of cookies for all nodes of the application, as behind a balancer.</summary>
internal sealed class TestBrowser
{
    private readonly Dictionary<string, string> _cookies = [];

    /// <summary>Signs in at the provider, and returns who is signed in.</summary>
    public static async Task<TestBrowser> SignInAsync(TestNode node)
    {
        var browser = new TestBrowser();
        var (status, body) = await browser.VisitAsync(node, "/login");
        Assert.True(status == HttpStatusCode.OK, $"{status} {body} {string.Join('\n', node.Refusals)}");
        return browser;
    }

    public TestBrowser Copy()
    {
        var copy = new TestBrowser();
        foreach (var (name, value) in _cookies)
        {
            copy._cookies[name] = value;
        }

        return copy;
    }

    /// <summary>Visits a page and follows where it leads, also to the provider and back.</summary>
    public async Task<(HttpStatusCode Status, string Body)> VisitAsync(TestNode node, string path)
    {
        var address = new Uri(node.Client.BaseAddress!, path);
        for (int i = 0; i < 8; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            bool isOwn = address.Authority == node.Client.BaseAddress!.Authority;
            if (isOwn)
            {
                Present(request);
            }

            using var response = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
            if (isOwn && response.Headers.TryGetValues("Set-Cookie", out var set))
            {
                Keep(set);
            }

            if (response.StatusCode != HttpStatusCode.Found)
            {
                return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            }

            address = new Uri(address, response.Headers.Location!);
        }

        throw new InvalidOperationException("The application redirects in a circle.");
    }

    /// <summary>Who is signed in; empty if nobody is.</summary>
    public async Task<string> WhoAsync(TestNode node)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
        Present(request);
        using var response = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode == HttpStatusCode.OK
            ? await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
            : "";
    }

    private void Present(HttpRequestMessage request)
    {
        if (_cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(static cookie => $"{cookie.Key}={cookie.Value}")));
        }
    }

    private void Keep(IEnumerable<string> cookies)
    {
        foreach (string cookie in cookies)
        {
            string[] pair = cookie.Split(';')[0].Split('=', 2);
            if (pair[1].Length == 0)
            {
                _cookies.Remove(pair[0]);
            }
            else
            {
                _cookies[pair[0]] = pair[1];
            }
        }
    }
}
