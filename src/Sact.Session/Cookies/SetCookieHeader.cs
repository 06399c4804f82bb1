using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>The <c>Set-Cookie</c> header of a cookie with the attributes of one registration.</summary>
internal sealed class SetCookieHeader(CookieBuilder options)
{
    // A deletion costs about 95 bytes, and many proxies refuse more than 4 KB of headers.
    private const int MaxDeletions = 20;
    private const int MaxDeletionBytes = 2048;

    // A prime that divides no possible number of scopes, so that each of them is the first in turn.
    private const uint Step = 7919;

    private readonly CookieBuilder _cookie = Copy(options);
    private readonly string?[] _attributes = new string?[4];
    private string? _deletion;
    private uint _turn;

    /// <summary>The attributes that a cookie's name must agree with.</summary>
    public CookieBuilder Cookie => _cookie;

    public bool IsSecure(bool isHttps) =>
        _cookie.SecurePolicy == CookieSecurePolicy.Always || (_cookie.SecurePolicy != CookieSecurePolicy.None && isHttps);

    /// <param name="name">The cookie's name.</param>
    /// <param name="value">The encoded value.</param>
    /// <param name="secure">Whether the cookie is for https only.</param>
    /// <param name="age">How long the browser keeps the cookie; null for as long as it runs.</param>
    public string Set(string name, string value, bool secure, TimeSpan? age) =>
        string.Concat(name, "=", value, age is null ? Attributes(secure, deletion: false) : Attributes(secure, age));

    /// <summary>The header that deletes a cookie.</summary>
    public string Delete(string name, bool secure)
    {
        string attributes = Attributes(secure, deletion: true);
        if (!ReferenceEquals(name, _cookie.Name))
        {
            return string.Concat(name, "=", attributes);
        }

        // The same at every sign-out, except for a cookie that only https makes secure.
        return _deletion is { } deletion && deletion.EndsWith(attributes, StringComparison.Ordinal)
            ? deletion
            : _deletion = string.Concat(name, "=", attributes);
    }

    /// <summary>
    /// The headers that delete the cookies of the same name which this request carries from other scopes. They never delete the cookie of
    /// this registration. Where there is no room for all, the likely scopes come first and the others take turns, so that repeated requests
    /// reach each of them.
    /// </summary>
    public string[] DeleteOthers(string name, bool secure, HttpRequest request)
    {
        var scopes = CookieScope.Of(_cookie).Others(request, secure, CookieRule.IsHostOnly(name));
        var headers = new List<string>(MaxDeletions);
        int bytes = 0;
        int likely = 0;
        while (likely < scopes.Length && Fits(DeleteOther(name, scopes[likely], secure), MaxDeletions / 2, MaxDeletionBytes / 2))
        {
            likely++;
        }

        int others = scopes.Length - likely;
        uint start = (Interlocked.Increment(ref _turn) - 1) * Step;
        for (uint i = 0; i < others; i++)
        {
            var scope = scopes[likely + (int)((start + i) % (uint)others)];
            if (!Fits(DeleteOther(name, scope, secure), MaxDeletions, MaxDeletionBytes))
            {
                break;
            }
        }

        return [.. headers];

        bool Fits(string header, int maxCount, int maxBytes)
        {
            if (headers.Count >= maxCount || bytes + header.Length > maxBytes)
            {
                return false;
            }

            headers.Add(header);
            bytes += header.Length;
            return true;
        }
    }

    private string DeleteOther(string name, CookieScope scope, bool secure)
    {
        var options = new CookieOptions
        {
            Domain = scope.Domain,
            Path = scope.Path,
            Secure = secure,
            SameSite = _cookie.SameSite,
            Expires = DateTimeOffset.UnixEpoch,
        };
        if (scope.IsPartitioned)
        {
            options.Extensions.Add("Partitioned");
        }

        return options.CreateCookieHeader(name, "").ToString();
    }

    // The attributes of a cookie without an age, and of a deletion, are always the same, so they are written once.
    private string Attributes(bool secure, bool deletion) =>
        _attributes[(secure ? 2 : 0) + (deletion ? 1 : 0)] ??= Attributes(secure, deletion ? TimeSpan.Zero : null);

    private string Attributes(bool secure, TimeSpan? age)
    {
        var options = _cookie.Build(new DefaultHttpContext());
        options.Secure = secure;
        options.MaxAge = age;
        if (age == TimeSpan.Zero)
        {
            // Every attribute that scopes the cookie is repeated, or the browser would look for another one.
            options.Expires = DateTimeOffset.UnixEpoch;
        }

        return options.CreateCookieHeader("n", "").ToString()["n=".Length..];
    }

    // What was validated is what is used: a later change to the application's builder must not loosen it.
    private static CookieBuilder Copy(CookieBuilder cookie)
    {
        var copy = new CookieBuilder
        {
            Name = cookie.Name,
            Path = cookie.Path,
            Domain = cookie.Domain,
            SecurePolicy = cookie.SecurePolicy,
            HttpOnly = cookie.HttpOnly,
            SameSite = cookie.SameSite,
            IsEssential = cookie.IsEssential,
        };
        foreach (string extension in cookie.Extensions)
        {
            copy.Extensions.Add(extension);
        }

        return copy;
    }
}
