using System.Net;
using System.Text.RegularExpressions;

namespace Sact.Session.Samples.Tests;

/// <summary>Keeps cookies, Secure ones too, and sends the forms of pages.</summary>
internal sealed class Browser(Uri address) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        BaseAddress = address,
    };

    public Dictionary<string, string> Cookies { get; } = [];

    public async Task<string> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    /// <returns>Where a page that is not for this browser leads; null if it is shown.</returns>
    public async Task<string?> LedToAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await SendAsync(request);
        return response.Headers.Location is { } location ? new Uri(address, location).PathAndQuery : null;
    }

    /// <summary>Sends a form with the token of its page.</summary>
    /// <returns>Where the answer leads.</returns>
    public async Task<string> PostAsync(string path, Dictionary<string, string> fields, string? formOf = null)
    {
        string page = await GetAsync(formOf ?? path);
        fields["__RequestVerificationToken"] =
            Regex.Match(page, "name=\"__RequestVerificationToken\"[^>]* value=\"([^\"]+)\"").Groups[1].Value;
        using var response = await PostAsItIsAsync(path, fields);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return new Uri(address, response.Headers.Location!).PathAndQuery;
    }

    /// <summary>Sends fields and no token.</summary>
    public async Task<HttpResponseMessage> PostAsItIsAsync(string path, Dictionary<string, string> fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };
        return await SendAsync(request);
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        var response = await _client.SendAsync(request);
        foreach (string line in response.Headers.TryGetValues("Set-Cookie", out var lines) ? lines : [])
        {
            string[] pair = line.Split(';')[0].Split('=', 2);
            if (pair[1].Length == 0)
            {
                Cookies.Remove(pair[0]);
            }
            else
            {
                Cookies[pair[0]] = pair[1];
            }
        }

        return response;
    }
}
