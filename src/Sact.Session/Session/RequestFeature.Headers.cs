using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Sact.Session;

/// <content>What is written to the headers. The caller holds the lock.</content>
internal sealed partial class RequestFeature
{
    private void WriteHeaders(bool starting)
    {
        var headers = Context.Response.Headers;
        if (starting)
        {
            StopOutputCache(starting);
        }

        if (_cookies.Length > 0)
        {
            PutCookies(headers, _cookies);
        }

        var vary = headers.Vary;
        if (!VariesByCookie(vary))
        {
            headers.Vary = StringValues.Concat(vary, "Cookie");
        }

        WriteCacheHeaders(headers);
    }

    private void WriteCacheHeaders(IHeaderDictionary headers)
    {
        if (_clearCache)
        {
            headers["Clear-Site-Data"] = "\"cache\"";
        }

        if (_forbidStoring)
        {
            headers.CacheControl = "no-store";
        }
        else if (_readUser)
        {
            KeepPrivate(headers);
        }
    }

    private static bool VariesByCookie(StringValues vary)
    {
        foreach (string? header in vary)
        {
            if (header is null)
            {
                continue;
            }

            if (header == "Cookie" || header.Contains('*', StringComparison.Ordinal))
            {
                return true;
            }

            foreach (var name in header.AsSpan().Split(','))
            {
                if (header.AsSpan(name).Trim().Equals("Cookie", StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void KeepPrivate(IHeaderDictionary headers)
    {
        string text = headers.CacheControl.ToString();
        if (text == "no-store")
        {
            return;
        }

        // What cannot be read may mean anything to a cache, so it is not left standing.
        if (text.Length == 0 || !CacheControlHeaderValue.TryParse(text, out var said))
        {
            headers.CacheControl = "no-store";
        }
        else if (!said.Private && !said.NoStore && !said.NoCache)
        {
            bool shared = said.Public || said.SharedMaxAge is not null;
            said.Public = false;
            said.SharedMaxAge = null;
            said.Private = true;
            headers.CacheControl = said.ToString();
            if (shared)
            {
                _telemetry.PublicMadePrivate();
            }
        }
    }

    private KeyValuePair<string, string>[] With(string name, string header) => [.. _cookies.Where(cookie => cookie.Key != name), new(name, header)];

    private static void PutCookies(IHeaderDictionary headers, KeyValuePair<string, string>[] cookies)
    {
        if (StringValues.IsNullOrEmpty(headers.SetCookie) && cookies.Length == 1)
        {
            headers.SetCookie = cookies[0].Value;
            return;
        }

        if (headers.SetCookie.Count == 1 && cookies.Length == 1 && ReferenceEquals(headers.SetCookie[0], cookies[0].Value))
        {
            return;
        }

        PutMore(headers, cookies);
    }

    private static void PutMore(IHeaderDictionary headers, KeyValuePair<string, string>[] cookies)
    {
        var kept = headers.SetCookie.Where(header => header is not null && !Array.Exists(cookies, cookie => IsOf(header, cookie.Key)));
        headers.SetCookie = new StringValues([.. kept, .. cookies.Select(static cookie => cookie.Value)]);
    }

    // A header that lacks the '=' is a name.
    private static bool IsOf(string header, string name) => header.StartsWith(name, StringComparison.Ordinal) && (header.Length == name.Length || header[name.Length] == '=');

    // The output cache stores whatever its policy allows, whatever the headers say. Where it runs inside of who asked, its feature is there
    // only by the time the response starts.
    private void StopOutputCache(bool starting = false)
    {
        // Read before the look: its middleware knows nothing of the lock, and may add it just after. Some servers count before they add, so
        // the last look is made whatever was counted.
        var features = Context.Features;
        int revision = features.Revision;
        if (revision == _revisionWithoutCache && !starting)
        {
            return;
        }

        if (features[typeof(IOutputCacheFeature)] is IOutputCacheFeature cache)
        {
            cache.Context.AllowCacheStorage = false;
        }
        else
        {
            _revisionWithoutCache = revision;
        }
    }
}
