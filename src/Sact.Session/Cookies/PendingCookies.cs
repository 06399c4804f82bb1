using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Sact.Session;

/// <summary>
/// The <c>Set-Cookie</c> lines of one response, one per name, and before them those that delete leftovers. They are put back where an
/// exception handler has cleared the headers.
/// </summary>
internal struct PendingCookies()
{
    // The session id among them.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private KeyValuePair<string, string>[] _cookies = [];

    public void Set(string name, string header) =>
        _cookies = _cookies.Length == 0 ? [new(name, header)] : [.. _cookies.Where(cookie => cookie.Key != name), new(name, header)];

    /// <summary>Adds lines before the others, whatever their names. A line that is there already is not repeated.</summary>
    public void AddFirst(string[] headers)
    {
        var first = headers.Select(static header => KeyValuePair.Create(header, header));
        _cookies = [.. first, .. _cookies.Where(cookie => !headers.Contains(cookie.Value))];
    }

    /// <summary>Whether lines that delete leftovers of a name were added.</summary>
    public readonly bool DeletesLeftoversOf(string name) =>
        Array.Exists(_cookies, cookie => cookie.Key.Length > name.Length && IsOf(cookie.Key, name));

    public readonly void PutInto(IHeaderDictionary headers)
    {
        if (_cookies.Length == 0)
        {
            return;
        }

        var sent = headers.SetCookie;
        if (_cookies.Length > 1 || !StringValues.IsNullOrEmpty(sent))
        {
            if (sent.Count != 1 || _cookies.Length != 1 || !ReferenceEquals(sent[0], _cookies[0].Value))
            {
                PutBeside(sent, headers);
            }
        }
        else
        {
            headers.SetCookie = _cookies[0].Value;
        }
    }

    private readonly void PutBeside(StringValues sent, IHeaderDictionary headers)
    {
        var cookies = _cookies;
        var kept = sent.Where(header => header is not null && !Array.Exists(cookies, cookie => IsOf(header, cookie.Key)));
        headers.SetCookie = new StringValues([.. kept, .. cookies.Select(static cookie => cookie.Value)]);
    }

    // A line without '=' is a name.
    private static bool IsOf(string header, string name) =>
        header.StartsWith(name, StringComparison.Ordinal) && (header.Length == name.Length || header[name.Length] == '=');
}
