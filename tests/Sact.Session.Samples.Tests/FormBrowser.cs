using System.Net;
using System.Text.RegularExpressions;

namespace Sact.Session.Samples.Tests;

/// <summary>A browser without scripts: it keeps cookies, Secure ones too, and sends the forms of pages.</summary>
public sealed partial class FormBrowser(Uri address, string? userAgent = null) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        BaseAddress = address,
    };

    public Dictionary<string, string> Cookies { get; } = [];

    /// <summary>The page; empty where the response is a redirection.</summary>
    public async Task<string> GetAsync(string path) => (await SendAsync(HttpMethod.Get, path)).Body;

    /// <summary>Where a page redirects to, without its query; null if it shows itself.</summary>
    public async Task<string?> RedirectionAsync(string path) => PathOf((await SendAsync(HttpMethod.Get, path)).Location);

    /// <summary>The query of the address to which a page redirects.</summary>
    public async Task<string> RedirectionQueryAsync(string path) =>
        new Uri(address, (await SendAsync(HttpMethod.Get, path)).Location!).Query;

    /// <summary>Sends a form and expects a redirection.</summary>
    /// <param name="path">Where the form is sent to.</param>
    /// <param name="fields">Its fields, without the token against forgery.</param>
    /// <param name="formOf">The page with the form; null for the same path.</param>
    /// <returns>Where the response redirects to, without its query.</returns>
    public async Task<string?> PostAsync(string path, Dictionary<string, string> fields, string? formOf = null)
    {
        string token = Token().Match(await GetAsync(formOf ?? path)).Groups[1].Value;
        var (status, _, location) = await SendAsync(HttpMethod.Post, path, new(fields) { ["__RequestVerificationToken"] = token });
        Assert.Equal(HttpStatusCode.Redirect, status);
        return PathOf(location);
    }

    /// <summary>Sends a form without the token against forgery, as another site does.</summary>
    public async Task<HttpStatusCode> ForgeAsync(string path, Dictionary<string, string> fields) =>
        (await SendAsync(HttpMethod.Post, path, fields)).Status;

    public void Dispose() => _client.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\"[^>]* value=\"([^\"]+)\"")]
    private static partial Regex Token();

    /// <summary>The path on this site, or the whole address on another one.</summary>
    private string? PathOf(Uri? location) => location is null ? null
        : new Uri(address, location) is var target && target.Authority == address.Authority ? target.AbsolutePath : target.AbsoluteUri;

    private async Task<(HttpStatusCode Status, string Body, Uri? Location)> SendAsync(
        HttpMethod method, string path, Dictionary<string, string>? fields = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = fields is null ? null : new FormUrlEncodedContent(fields);
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        using var response = await _client.SendAsync(request);
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

        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location);
    }
}
