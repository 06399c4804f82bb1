using System.Net;
using System.Text.Json;

namespace Sact.Session.Tests;

/// <summary>Requests that another site makes a browser send with the cookie end nothing and read no session.</summary>
public sealed class CrossSiteRequests
{
    private const string Path = "/account/sessions";

    [Theory]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: same-site")]
    [InlineData("Sec-Fetch-Site: Same-Origin")]
    [InlineData("Sec-Fetch-Site: nonsense")]
    [InlineData("Sec-Fetch-Site: cross-site", "Origin: https://example.test", "X-Requested-With: XMLHttpRequest")]
    [InlineData("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site")]
    [InlineData("Origin: https://evil.test")]
    [InlineData("Origin: https://sub.example.test")]
    [InlineData("Origin: https://example.test:8443")]
    [InlineData("Origin: https://example.test.evil.test")]
    [InlineData("Origin: http://example.test")]
    [InlineData("Origin: null")]
    [InlineData("Origin: example.test")]
    [InlineData("Origin: https://example.test", "Origin: https://evil.test")]
    [InlineData("Origin: https://evil.test", "X-Requested-With: XMLHttpRequest")]
    [InlineData("X-Requested-With:")]
    [InlineData("Referer: https://example.test/")]
    [InlineData]
    public async Task EndNothing(params string[] headers)
    {
        await using var site = await SessionsApi.StartAsync();
        string other = await SessionsApi.SignInAsync(site, "alice");
        string id = await SessionsApi.SignInAsync(site, "alice");
        site.Store.Reset();
        foreach (string path in (string[])
        [
            Path, $"{Path}/{site.Store.GetSessionKey(id)}", $"{Path}/{site.Store.GetSessionKey(other)}", $"{Path}/nonsense"
        ])
        {
            using var answer = await DeleteAsync(site, path, id, headers);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Equal(
                "urn:sact-session:cross-site",
                JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("type").GetString());
            Assert.Empty(answer.SetCookies());
            Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        }

        Assert.Empty(site.Store.Calls);
        Assert.Equal((true, true), (await SessionsApi.IsLiveAsync(site, id), await SessionsApi.IsLiveAsync(site, other)));
    }

    [Theory]
    [InlineData("Sec-Fetch-Site: same-origin")]
    [InlineData("Sec-Fetch-Site: none")]
    [InlineData("Sec-Fetch-Site: same-origin", "Origin: https://behind-a-proxy.test")]
    [InlineData("Origin: https://example.test")]
    [InlineData("Origin: https://EXAMPLE.test")]
    [InlineData("X-Requested-With: curl")]
    public async Task FromTheSiteItselfOrANonBrowserClientAreAccepted(params string[] headers)
    {
        await using var site = await SessionsApi.StartAsync();
        string id = await SessionsApi.SignInAsync(site, "alice");
        using var answer = await DeleteAsync(site, Path, id, headers);

        Assert.Equal("""{"ended":0}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task GetNoAnswerToAPreflight()
    {
        await using var site = await SessionsApi.StartAsync();
        using var client = site.Client();
        using var preflight = new HttpRequestMessage(HttpMethod.Options, Path)
        {
            Headers =
            {
                { "Origin", "https://evil.test" }, { "Access-Control-Request-Method", "DELETE" },
                { "Access-Control-Request-Headers", "x-requested-with" }
            },
        };
        using var answer = await client.SendAsync(preflight);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<HttpResponseMessage> DeleteAsync(Site site, string path, string id, string[] headers)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(HttpMethod.Delete, path);
        request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={id}");
        foreach (string header in headers)
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim());
        }

        return await client.SendAsync(request);
    }
}
