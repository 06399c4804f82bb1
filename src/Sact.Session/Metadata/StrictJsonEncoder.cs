using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Sact.Session;

/// <summary>
/// Refuses a lone surrogate. The framework's encoders replace it without notice, so that the stored value would not be the given one.
/// </summary>
internal sealed unsafe class StrictJsonEncoder : JavaScriptEncoder
{
    private const string NotWellFormed =
        "A name or a value of the metadata has a lone surrogate or invalid UTF-8. It must be well-formed Unicode.";

    public override int MaxOutputCharactersPerInputCharacter => UnsafeRelaxedJsonEscaping.MaxOutputCharactersPerInputCharacter;

    public override int FindFirstCharacterToEncode(char* text, int textLength) =>
        UnicodeRule.IsWellFormed(new ReadOnlySpan<char>(text, textLength))
            ? UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncode(text, textLength)
            : throw new ArgumentException(NotWellFormed);

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) =>
        Utf8.IsValid(utf8Text)
            ? UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncodeUtf8(utf8Text)
            : throw new ArgumentException(NotWellFormed);

    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
        UnsafeRelaxedJsonEscaping.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

    public override bool WillEncode(int unicodeScalar) => UnsafeRelaxedJsonEscaping.WillEncode(unicodeScalar);
}
