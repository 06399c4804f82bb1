namespace Sact.Session.Stores;

/// <summary>
/// The size of a field as the application sees it. Sealing must not change what fits into a session, so a sealed field counts as it was
/// before: without the library's prefix, and without nonce, tag and Base64.
/// </summary>
internal static class SealedSize
{
    private const int Quotes = 2;
    private const int NonceAndTag = 12 + 16;

    public static int Of(ReadOnlySpan<byte> name, int value) => name.StartsWith("$~"u8)
        ? name.Length - 2 + Math.Max(1, ((value - Quotes) * 3 / 4) - NonceAndTag)
        : name.Length + value;
}
