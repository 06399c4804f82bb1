using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// What a request tells of its device. <c>X-Forwarded-For</c> is not looked at: anybody can send it, and only <c>UseForwardedHeaders()</c>
/// knows which proxies to believe.
/// </summary>
internal static class RequestClient
{
    private const int MaxUserAgent = 512;

    /// <summary>The device; null if the request tells nothing, so that what is known already stays.</summary>
    public static SessionClient? Read(HttpRequest request)
    {
        string? agent = Clean(request.Headers.UserAgent.ToString());
        string? address = request.HttpContext.Connection.RemoteIpAddress is { } remote
            ? (remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote).ToString()
            : null;
        return agent is null && address is null ? null : new SessionClient(agent, address);
    }

    /// <summary>
    /// At most 512 characters, cut between two of them, without what has no business in a line of text: control characters, invisible ones
    /// that turn its direction, halves of surrogate pairs.
    /// </summary>
    private static string? Clean(ReadOnlySpan<char> text)
    {
        Span<char> clean = stackalloc char[MaxUserAgent];
        int length = 0;
        while (!text.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf16(text, out var rune, out int read) == System.Buffers.OperationStatus.Done;
            text = text[read..];
            if (!whole || IsHidden(rune))
            {
                continue;
            }

            if (!rune.TryEncodeToUtf16(clean[length..], out int written))
            {
                break;
            }

            length += written;
        }

        var trimmed = clean[..length].Trim();
        return trimmed.IsEmpty ? null : new string(trimmed);
    }

    private static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
        or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator;
}
