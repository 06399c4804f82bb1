using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The session cookie, and the custom ones that share its attributes: read from the raw headers, written as one checked <c>Set-Cookie</c>.
/// </summary>
internal sealed class CookieWriter(CookieBuilder options, TimeSpan? customAge, SessionTelemetry telemetry)
{
    private readonly SetCookieHeader _header = new(options);

    public string Name { get; } = options.Name!;

    /// <summary>The names that no custom cookie may bear: those of all session cookies.</summary>
    public IReadOnlyList<string> Taken { get; set; } = [options.Name!];

    /// <summary>
    /// The bytes of the well-formed session id that a request presents; false if there is none, or several, or something else under the
    /// name.
    /// </summary>
    public bool TryRead(HttpRequest request, Span<byte> id)
    {
        switch (CookieHeader.Find(request.Headers.Cookie, Name, out var value))
        {
            case CookieFinding.One:
                if (SessionIdFormat.TryDecode(value, id))
                {
                    return true;
                }

                telemetry.Refused(RefusedReason.Malformed);
                return false;
            case CookieFinding.Conflict:
                telemetry.Refused(RefusedReason.Conflict);
                return false;
            default:
                return false;
        }
    }

    /// <summary>Whether a request presents what can be a session id. It is not a use of the session, and reports nothing.</summary>
    public bool IsPresented(HttpRequest request) =>
        CookieHeader.Find(request.Headers.Cookie, Name, out var value) == CookieFinding.One && value.Length == SessionIdFormat.Length;

    /// <summary>
    /// Removes leftovers at a read. A leftover below another path is not sent to the page of the sign-in, so it is removed where it is
    /// seen. A name with <c>__Host-</c> has one path, and the sign-in sees the leftover. The caller holds the lock of the request.
    /// </summary>
    public void DeleteLeftoversOfOtherPaths(RequestFeature request)
    {
        if (!CookieRule.IsHostOnly(Name))
        {
            DeleteLeftovers(request);
        }
    }

    public void Write(RequestFeature request, string sessionId, TimeSpan? age)
    {
        // Max-Age counts whole seconds, and zero would delete.
        TimeSpan? whole = age is { } time ? TimeSpan.FromSeconds(Math.Max(1, Math.Floor(time.TotalSeconds))) : null;
        Send(request, Name, sessionId, whole);
    }

    public void Delete(RequestFeature request)
    {
        Send(request, Name, "", age: TimeSpan.Zero);
    }

    /// <summary>The value of a custom cookie, decoded; null if it is absent or sent with different values.</summary>
    public string? ReadCustom(HttpRequest request, string name)
    {
        ThrowIfBadName(name);
        return CookieHeader.Find(request.Headers.Cookie, name, out var value) == CookieFinding.One ? Uri.UnescapeDataString(value) : null;
    }

    public void WriteCustom(RequestFeature request, string name, string value)
    {
        ThrowIfBadName(name);
        ArgumentNullException.ThrowIfNull(value);
        ThrowIfIllFormed(value, nameof(value));
        string encoded = Uri.EscapeDataString(value);
        if (name.Length + encoded.Length > CookieRule.MaxNameAndValue)
        {
            throw new ArgumentException(
                "A cookie's name and encoded value have at most 4096 bytes together, or browsers drop it. "
                + "Keep the value in the session instead: UpdateAsync.",
                nameof(value));
        }

        Send(request, name, encoded, customAge);
    }

    public void DeleteCustom(RequestFeature request, string name)
    {
        ThrowIfBadName(name);
        Send(request, name, "", age: TimeSpan.Zero);
    }

    public static void ThrowIfIllFormed(string value, string parameter)
    {
        if (!UnicodeRule.IsWellFormed(value))
        {
            throw new ArgumentException("The value has a lone surrogate. A cookie's value must be well-formed Unicode.", parameter);
        }
    }

    private void ThrowIfBadName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (CookieRule.ValidateName(name) is { } fault)
        {
            throw new ArgumentException("A cookie's name " + fault, nameof(name));
        }

        if (Taken.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                "A custom cookie does not bear a session cookie's name. Choose another, or call SetCookie for the session's own.",
                nameof(name));
        }

        if (CookieRule.ValidatePrefix(name, _header.Cookie) is { } prefix)
        {
            throw new ArgumentException("The name has a prefix whose rules SactSessionOptions.Cookie breaks: " + prefix, nameof(name));
        }
    }

    /// <summary>
    /// Removes the other cookies under the name of the session cookie, if the request has two values under it: an older deployment with
    /// another Domain, Path or Partitioned left one, or a neighbour planted one. Neither value is used, and the cookie in the scope of this
    /// registration is not touched, so that nobody can put another one in its place.
    /// </summary>
    private void DeleteLeftovers(RequestFeature request)
    {
        var http = request.Context.Request;
        if (CookieHeader.Find(http.Headers.Cookie, Name, out _) == CookieFinding.Conflict && !request.DeletesLeftoversOf(Name))
        {
            request.DeleteLeftovers(_header.DeleteOthers(Name, _header.IsSecure(http.IsHttps), http));
        }
    }

    private void Send(RequestFeature request, string name, string value, TimeSpan? age)
    {
        // Looked at first: a request that has ended has no context of its own any more.
        request.ThrowIfStarted();
        bool isOwn = ReferenceEquals(name, Name);
        bool secure, overHttp, isLoopback;
        lock (request.Lock)
        {
            var http = request.Context.Request;
            secure = _header.IsSecure(http.IsHttps);
            overHttp = secure && !http.IsHttps;
            isLoopback = overHttp && IsLoopback(http.Host.Host);
            if (isOwn)
            {
                DeleteLeftovers(request);
            }
        }

        if (isLoopback)
        {
            telemetry.SecureCookieOverLoopback();
        }
        else if (overHttp)
        {
            telemetry.SecureCookieOverHttp();
        }

        string header = age == TimeSpan.Zero ? _header.Delete(name, secure) : _header.Set(name, value, secure, age);
        request.SetCookie(name, header, secret: isOwn);
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (System.Net.IPAddress.TryParse(host.Trim('[', ']'), out var address) && System.Net.IPAddress.IsLoopback(address));
}
