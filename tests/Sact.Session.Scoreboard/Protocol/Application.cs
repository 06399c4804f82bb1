using System.Globalization;

namespace Sact.Session.Scoreboard;

/// <summary>
/// A contender that runs: its requests as a browser sends them, and what the scoreboard itself does to it. It speaks HTTP and nothing else.
/// </summary>
internal sealed class Application(Uri address, string cookieName, string version, Func<ValueTask> stop) : IAsyncDisposable
{
    private static int s_names;

    // A contender may close the connections of its requests after an error. Those of the scoreboard itself stay open.
    private readonly HttpClient _controls = NewClient(address);
    private HttpClient _client = NewClient(address);

    /// <summary>The name of the cookie that carries the session.</summary>
    public string CookieName => cookieName;

    /// <summary>The packages, with their versions.</summary>
    public string Version => version;

    /// <summary>A name that nothing else in this run has.</summary>
    public static string New(string kind) => $"{kind}-{Interlocked.Increment(ref s_names)}";

    public Browser NewBrowser() => new(this);

    /// <summary>A browser whose user has just signed in.</summary>
    public async Task<Browser> SignInAsync(string user, Browser? browser = null)
    {
        browser ??= NewBrowser();
        var reply = await browser.PostAsync("/login", ("user", user));
        Expect(reply.Status == 200, $"the sign-in answered {reply.Status}");
        Expect(await browser.WhoAsync() == user, "nobody is signed in after the sign-in");
        return browser;
    }

    /// <summary>The same application, which stops a private server as well.</summary>
    public Application With(IAsyncDisposable server) => new(address, cookieName, version, async () =>
    {
        await stop();
        await server.DisposeAsync();
    });

    /// <summary>One request with exactly these cookies. The answer's headers are reported before its body ends.</summary>
    public Task<Reply> SendAsync(
        HttpMethod method,
        string path,
        (string Name, string Value)[] query,
        string cookies,
        (string Name, string Value)? header = null,
        Action<Reply>? begun = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(_client, method, path, query, cookies, header, begun, cancellationToken);

    /// <summary>Waits until so many requests are held at a gate. A request that was answered before is a fault of the case.</summary>
    public async Task HoldAsync(string gate, params Task<Reply>[] requests)
    {
        using var enough = new CancellationTokenSource();
        var arrived = ControlAsync(
            "arrived", enough.Token, ("gate", gate), ("count", requests.Length.ToString(CultureInfo.InvariantCulture)));
        var first = await Task.WhenAny([arrived, .. requests]);
        if (first == arrived)
        {
            await arrived;
            return;
        }

        await enough.CancelAsync();
        await ControlAsync("open", default, ("gate", gate));
        var reply = await (Task<Reply>)first;
        Expect(false, $"a request was answered with {reply.Status} before it came to its gate");
    }

    public Task OpenAsync(string gate) => ControlAsync("open", default, ("gate", gate));

    /// <summary>Moves the clock of the contender.</summary>
    public Task AdvanceAsync(TimeSpan time) =>
        ControlAsync("clock", default, ("seconds", time.TotalSeconds.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Lets the store remove what has expired, as its timer would.</summary>
    public Task SweepAsync() => ControlAsync("sweep", default);

    /// <summary>How much the store holds, in records or in bytes.</summary>
    public async Task<long> RecordsAsync() => long.Parse(await ControlAsync("records", default), CultureInfo.InvariantCulture);

    /// <summary>All strings that the store holds, as a dump of it shows them.</summary>
    public async Task<string[]> DumpAsync() => (await ControlAsync("dump", default)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public async Task BreakStoreAsync(bool isDown)
    {
        await ControlAsync("store", default, ("down", isDown ? "true" : "false"));
        if (!isDown)
        {
            // A request on a connection that is about to be closed would be lost.
            _client.Dispose();
            _client = NewClient(address);
        }
    }

    public Task RepeatIdsAsync(bool isOn) => ControlAsync("repeat", default, ("on", isOn ? "true" : "false"));

    public static void Expect(bool condition, string fault)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"The case could not be played: {fault}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _controls.Dispose();
        await stop();
    }

    /// <summary>What a contender says of itself: the name of its cookie, and its version.</summary>
    public static async Task<(string Cookie, string Version)> AboutAsync(Uri address)
    {
        using var client = new HttpClient();
        string[] about = (await client.GetStringAsync(new Uri(address, "/control/about"))).Split('\n');
        return (about[0], about[1]);
    }

    private static async Task<Reply> SendAsync(
        HttpClient client,
        HttpMethod method,
        string path,
        (string Name, string Value)[] query,
        string cookies,
        (string Name, string Value)? header,
        Action<Reply>? begun,
        CancellationToken cancellationToken)
    {
        string parameters = string.Join('&', query.Select(static pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
        using var request = new HttpRequestMessage(method, new Uri($"{path}?{parameters}", UriKind.Relative));

        // Every contender runs behind a proxy that ends TLS, as in production.
        request.Headers.Add("X-Forwarded-Proto", "https");
        if (cookies.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookies);
        }

        if (header is { } extra)
        {
            request.Headers.TryAddWithoutValidation(extra.Name, extra.Value);
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        begun?.Invoke(new((int)response.StatusCode, "", response.Headers));
        string body = await response.Content.ReadAsStringAsync(cancellationToken);
        return (int)response.StatusCode == 501
            ? throw new NotApplicableException(body)
            : new((int)response.StatusCode, body, response.Headers);
    }

    private static HttpClient NewClient(Uri address) =>
        new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(30),
        };

    private async Task<string> ControlAsync(
        string verb, CancellationToken cancellationToken, params (string Name, string Value)[] query)
    {
        var reply = await SendAsync(_controls, HttpMethod.Post, "/control/" + verb, query, "", null, null, cancellationToken);
        Expect(reply.Status == 200, $"the control {verb} answered {reply.Status}: {reply.Body}");
        return reply.Body;
    }
}
