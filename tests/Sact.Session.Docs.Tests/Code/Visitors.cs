using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Sact.Session.Docs.Tests;

/// <summary>The clients of a program. Each keeps its cookies, Secure ones too, although the loopback address is plain http.</summary>
internal sealed class Visitors(Uri address) : IDisposable
{
    private readonly HttpClient _http =
        new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = address };

    private readonly Dictionary<string, Dictionary<string, string>> _cookies = [];
    private string _lastKey = "";

    /// <summary>Sends a request and compares the answer. The message of a failure has the body.</summary>
    public async Task SendAsync(TriedRequest tried, CancellationToken cancellationToken)
    {
        if (!_cookies.TryGetValue(tried.Client, out var jar))
        {
            _cookies[tried.Client] = jar = [];
        }

        string path = tried.Path.Replace("{key}", _lastKey, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(tried.Method), path);
        if (tried.Body.Length > 0)
        {
            bool json = tried.Body[0] is '{' or '[' or '"';
            request.Content = new StringContent(
                tried.Body, Encoding.UTF8, new MediaTypeHeaderValue(json ? "application/json" : "application/x-www-form-urlencoded"));
        }

        foreach (var (name, value) in tried.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (jar.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", jar.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        using var response = await _http.SendAsync(request, cancellationToken);
        string body = await response.Content.ReadAsStringAsync(cancellationToken);
        Keep(jar, response);
        string all = $"{response}\n{body}";
        string shown = all[..Math.Min(all.Length, 3000)];
        Assert.True((HttpStatusCode)tried.Status == response.StatusCode, $"{tried.Method} {tried.Path}: {shown}");
        Assert.True(
            tried.Answer.Length == 0 || all.Contains(tried.Answer, StringComparison.Ordinal),
            $"{tried.Method} {tried.Path} lacks '{tried.Answer}': {shown}");
        int key = body.IndexOf("\"key\":\"", StringComparison.Ordinal);
        if (key >= 0)
        {
            _lastKey = body[(key + 7)..body.IndexOf('"', key + 7)];
        }
    }

    public void Dispose() => _http.Dispose();

    private static void Keep(Dictionary<string, string> jar, HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            return;
        }

        foreach (string cookie in cookies)
        {
            string[] pair = cookie.Split(';')[0].Split('=', 2);
            if (pair[1].Length == 0)
            {
                jar.Remove(pair[0]);
            }
            else
            {
                jar[pair[0]] = pair[1];
            }
        }
    }
}
