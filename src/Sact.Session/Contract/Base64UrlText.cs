using System.Buffers;
using System.Buffers.Text;

namespace Sact.Session.Stores;

/// <summary>Strict base64url: the framework's decoder skips white space and accepts padding, so two texts could name one session.</summary>
internal static class Base64UrlText
{
    private static readonly SearchValues<char> s_alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Decodes a text whose length is a multiple of four and fills <paramref name="bytes"/>; false for any other text.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes) =>
        text.Length * 3 == bytes.Length * 4
        && !text.ContainsAnyExcept(s_alphabet)
        && Base64Url.TryDecodeFromChars(text, bytes, out int written)
        && written == bytes.Length;
}
