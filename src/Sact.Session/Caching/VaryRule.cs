using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Sact.Session;

/// <summary>A response that used a session varies by <c>Cookie</c>.</summary>
internal static class VaryRule
{
    private const string Cookie = "Cookie";

    public static void VaryByCookie(IHeaderDictionary headers)
    {
        var vary = headers.Vary;
        if (!VariesByCookie(vary))
        {
            headers.Vary = StringValues.Concat(vary, Cookie);
        }
    }

    /// <summary>The value, with <c>Cookie</c> in it.</summary>
    public static StringValues WithCookie(StringValues vary) => VariesByCookie(vary) ? vary : StringValues.Concat(vary, Cookie);

    private static bool VariesByCookie(StringValues vary)
    {
        foreach (string? header in vary)
        {
            if (header is null)
            {
                continue;
            }

            if (header == Cookie || header.Contains('*', StringComparison.Ordinal))
            {
                return true;
            }

            foreach (var name in header.AsSpan().Split(','))
            {
                if (header.AsSpan(name).Trim().Equals(Cookie, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
