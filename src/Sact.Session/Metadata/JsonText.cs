using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Sact.Session;

/// <summary>A JSON text in the making. Each thread keeps one writer and its buffer, cleared, for the next; a serialiser that comes back here meanwhile gets another.</summary>
internal sealed class JsonText : IDisposable
{
    private const int MostKept = 16 * 1024;

    [ThreadStatic]
    private static JsonText? t_spare;

    private readonly ArrayBufferWriter<byte> _written = new();

    private JsonText() => Writer = new Utf8JsonWriter(_written, new JsonWriterOptions { Encoder = new StrictEncoder(), SkipValidation = false });

    public Utf8JsonWriter Writer { get; }

    public static JsonText Begin()
    {
        var text = t_spare ?? new JsonText();
        t_spare = null;
        return text;
    }

    /// <summary>The whole text; good until disposed.</summary>
    public ReadOnlySpan<byte> End()
    {
        Writer.Flush();
        return _written.WrittenSpan;
    }

    /// <summary>Not for text that could not be finished: after an exception the writer is not used again.</summary>
    public void Dispose()
    {
        if (Writer.BytesPending == 0 && Writer.CurrentDepth == 0 && _written.Capacity <= MostKept)
        {
            _written.Clear();
            Writer.Reset();
            t_spare = this;
        }
    }

    /// <summary>The framework's writer replaces a lone surrogate silently, which would change what was given; this one refuses it.</summary>
    private sealed unsafe class StrictEncoder : JavaScriptEncoder
    {
        public override int MaxOutputCharactersPerInputCharacter => UnsafeRelaxedJsonEscaping.MaxOutputCharactersPerInputCharacter;

        public override int FindFirstCharacterToEncode(char* text, int textLength) =>
            SessionFieldRule.IsWellFormed(new ReadOnlySpan<char>(text, textLength))
                ? UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncode(text, textLength)
                : throw new ArgumentException("A name or a value is well-formed Unicode; this one has a lone surrogate.");

        public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) =>
            Utf8.IsValid(utf8Text)
                ? UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncodeUtf8(utf8Text)
                : throw new ArgumentException("A name or a value is well-formed UTF-8.");

        public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
            UnsafeRelaxedJsonEscaping.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

        public override bool WillEncode(int unicodeScalar) => UnsafeRelaxedJsonEscaping.WillEncode(unicodeScalar);
    }
}
