using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Sact.Session;

/// <summary>What caches are told about one response, by what it used of the session.</summary>
internal struct CachePermissions
{
    private SessionUse _use;

    /// <returns>Whether the use is new.</returns>
    public bool Add(SessionUse use)
    {
        bool isNew = (_use & use) != use;
        _use |= use;
        return isNew;
    }

    /// <summary>Writes the headers.</summary>
    /// <returns>Whether the application had allowed shared caches to keep the response.</returns>
    public readonly bool WriteTo(IHeaderDictionary headers)
    {
        VaryRule.VaryByCookie(headers);
        if (Has(SessionUse.ClearBrowserCache))
        {
            headers["Clear-Site-Data"] = "\"cache\"";
        }

        var written = headers.CacheControl;
        var allowed = Restrict(written, out bool wasShared);
        if (StringValues.IsNullOrEmpty(allowed) && Has(SessionUse.ReadUser | SessionUse.SendSecret))
        {
            allowed = CacheControlRule.UntilTheStart;
        }

        if (written != allowed)
        {
            headers.CacheControl = allowed;
        }

        return wasShared;
    }

    /// <summary>Writes the final form of the value that the session wrote. The response starts now.</summary>
    public static void Finish(IHeaderDictionary headers)
    {
        if (ReferenceEquals(headers.CacheControl.ToString(), CacheControlRule.UntilTheStart))
        {
            headers.CacheControl = CacheControlRule.NoStore;
        }
    }

    /// <summary>What is left of a <c>Cache-Control</c> that the application writes.</summary>
    public readonly StringValues Restrict(StringValues written, out bool wasShared)
    {
        wasShared = false;
        if (StringValues.IsNullOrEmpty(written))
        {
            return written;
        }

        if (Has(SessionUse.SendSecret))
        {
            return written == CacheControlRule.UntilTheStart ? written : CacheControlRule.UntilTheStart;
        }

        if (!Has(SessionUse.ReadCookie | SessionUse.ReadUser))
        {
            return written;
        }

        if (written.Count > 1 && ReferenceEquals(written[0], CacheControlRule.UntilTheStart))
        {
            // The application has added its value to the session's, as MapStaticAssets() does. One that allows storage counts as if it
            // had been set. Any other one only adds to the session's.
            StringValues appended = written.ToArray()[1..];
            written = CacheControlRule.AllowsStorage(appended.ToString()) ? appended : written;
        }

        string joined = written.ToString();
        string allowed = CacheControlRule.Restrict(joined, Has(SessionUse.ReadUser), out wasShared);
        return ReferenceEquals(allowed, joined) ? written : allowed;
    }

    private readonly bool Has(SessionUse anyOf) => (_use & anyOf) != 0;
}
