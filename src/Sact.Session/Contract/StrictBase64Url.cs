using System.Buffers;
using System.Buffers.Text;

namespace Sact.Session.Stores;

/// <summary>
/// Decodes base64url (RFC 4648 section 5) without padding. The framework's decoder also accepts white space and padding, so that
/// two strings could name one session.
/// </summary>
internal static class StrictBase64Url
{
    private static readonly SearchValues<char> s_alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Decodes a string whose length is a multiple of four.</summary>
    /// <returns>True if <paramref name="text"/> is base64url and fills <paramref name="bytes"/> exactly.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes) =>
        text.Length * 3 == bytes.Length * 4
        && !text.ContainsAnyExcept(s_alphabet)
        && Base64Url.TryDecodeFromChars(text, bytes, out int written)
        && written == bytes.Length;
}
