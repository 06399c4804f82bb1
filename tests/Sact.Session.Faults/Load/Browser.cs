namespace Sact.Session.Faults;

/// <summary>One browser: keeps the session cookie that it received last, whichever request brought it.</summary>
internal sealed class Browser(IssuedCookies issued)
{
    private readonly Lock _lock = new();
    private string? _cookie;

    public string? Cookie
    {
        get
        {
            lock (_lock)
            {
                return _cookie;
            }
        }
    }

    /// <summary>Takes what a response sent: nothing, a deletion or a new cookie.</summary>
    public (string? Key, int Rotor) Receive(string? sent)
    {
        if (sent is null)
        {
            return (null, 0);
        }

        lock (_lock)
        {
            _cookie = sent.Length == 0 ? null : sent;
        }

        return sent.Length == 0 ? (null, 0) : issued.NumberOf(sent);
    }

    /// <summary>Forgets a cookie that leads to no session, unless another one came meanwhile.</summary>
    public void Forget(string? cookie)
    {
        lock (_lock)
        {
            _cookie = _cookie == cookie ? null : _cookie;
        }
    }
}

/// <summary>Numbers the cookies of each session, so that a history holds no secret.</summary>
internal sealed class IssuedCookies
{
    private const int KeyLength = 24;
    private readonly Dictionary<string, List<string>> _cookies = [];

    public (string Key, int Rotor) NumberOf(string cookie)
    {
        string key = cookie[..KeyLength];
        lock (_cookies)
        {
            if (!_cookies.TryGetValue(key, out var known))
            {
                _cookies[key] = known = [];
            }

            int number = known.IndexOf(cookie);
            if (number < 0)
            {
                number = known.Count;
                known.Add(cookie);
            }

            return (key, number);
        }
    }
}
