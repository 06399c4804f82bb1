namespace Sact.Session.Scoreboard;

/// <summary>A browser: it sends its cookies, and keeps those of each answer when the answer begins.</summary>
internal sealed class Browser(Application application, IReadOnlyDictionary<string, string>? cookies = null)
{
    private readonly Dictionary<string, string> _cookies = new(cookies ?? new Dictionary<string, string>(), StringComparer.Ordinal);

    /// <summary>The session's own cookie; null if the browser has none.</summary>
    public string? SessionCookie
    {
        get => _cookies.GetValueOrDefault(application.CookieName);
        set
        {
            if (value is null)
            {
                _cookies.Remove(application.CookieName);
            }
            else
            {
                _cookies[application.CookieName] = value;
            }
        }
    }

    /// <summary>All cookies, as a <c>Cookie</c> header has them.</summary>
    public string CookieHeader
    {
        get
        {
            lock (_cookies)
            {
                return string.Join("; ", _cookies.Select(static cookie => $"{cookie.Key}={cookie.Value}"));
            }
        }
    }

    /// <summary>Another browser with the same cookies: a thief, or the same browser at this moment.</summary>
    public Browser Copy() => new(application, _cookies);

    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] query) => SendAsync(HttpMethod.Get, path, query);

    public Task<Reply> PostAsync(string path, params (string Name, string Value)[] query) => SendAsync(HttpMethod.Post, path, query);

    /// <summary>Writes a value into the session.</summary>
    public Task<Reply> SetAsync(string key, string value, string gate = "") =>
        PostAsync("/set", ("key", key), ("value", value), ("gate", gate));

    /// <summary>A value of the session; null if there is none.</summary>
    public async Task<string?> ReadAsync(string key) => await GetAsync("/get", ("key", key)) is { Status: 200 } reply ? reply.Body : null;

    /// <summary>Who is signed in; null for nobody.</summary>
    public async Task<string?> WhoAsync() => (await GetAsync("/me")).User;

    /// <summary>A request whose answer is a stream: when it has begun, and when it ends.</summary>
    public (Task Begun, Task<Reply> Whole) Stream(string path, params (string Name, string Value)[] query)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (begun.Task, SendAsync(HttpMethod.Post, path, query, begun.SetResult));
    }

    private Task<Reply> SendAsync(HttpMethod method, string path, (string Name, string Value)[] query, Action? begun = null) =>
        application.SendAsync(method, path, query, CookieHeader, begun: reply =>
        {
            Take(reply.SetCookies);
            begun?.Invoke();
        });

    private void Take(IEnumerable<SetCookie> cookies)
    {
        lock (_cookies)
        {
            foreach (var cookie in cookies)
            {
                if (cookie.Removes)
                {
                    _cookies.Remove(cookie.Name);
                }
                else
                {
                    _cookies[cookie.Name] = cookie.Value;
                }
            }
        }
    }
}
