using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Reads the device of a request. It ignores <c>X-Forwarded-For</c>: any client can send it, and only <c>UseForwardedHeaders()</c> knows
/// which proxies to trust.
/// </summary>
internal static class RequestClient
{
    private const int MaxUserAgent = 512;

    /// <summary>The device; null if the request has neither value, so that a known device is kept.</summary>
    public static SessionClient? Read(HttpRequest request)
    {
        string? agent = Clean(request.Headers.UserAgent.ToString());
        var remote = request.HttpContext.Connection.RemoteIpAddress;
        string? address = (remote is { IsIPv4MappedToIPv6: true } ? remote.MapToIPv4() : remote)?.ToString();
        return agent is null && address is null ? null : new SessionClient(agent, address);
    }

    /// <summary>
    /// At most 512 characters, cut between two of them. It removes what could disturb a line of a log or a page: control characters,
    /// invisible ones that change the direction, halves of surrogate pairs.
    /// </summary>
    private static string? Clean(ReadOnlySpan<char> text)
    {
        Span<char> clean = stackalloc char[MaxUserAgent];
        int length = 0;
        while (!text.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf16(text, out var rune, out int read) == OperationStatus.Done;
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

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
