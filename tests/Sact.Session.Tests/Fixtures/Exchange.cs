using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>One request and its response, with the session of the request.</summary>
public sealed class Exchange(DefaultHttpContext context, Session<ProbeStore> session)
{
    public DefaultHttpContext Context => context;

    public Session<ProbeStore> Session => session;

    /// <summary>The session of the same request, as the features of the library use it.</summary>
    internal RequestSession NewRequestSession()
    {
        var services = session.Options.Services;
        return new RequestSession(RequestFeature.Of(context, services.Telemetry), new SessionBackend(session.Store, services));
    }

    public IHeaderDictionary Sent => context.Response.Headers;

    /// <summary>Every Set-Cookie line of the response.</summary>
    public IReadOnlyList<string> SetCookies => [.. context.Response.Headers.SetCookie.OfType<string>()];

    /// <summary>The session id that the response sends, "" if it deletes the cookie, null if it sends none.</summary>
    public string? SentId => SetCookies.Where(line => line.StartsWith(session.Options.Cookie.Name + "=", StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..line.IndexOf(';', StringComparison.Ordinal)])
        .SingleOrDefault();
}
