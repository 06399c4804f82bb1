using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session;

public sealed partial class SessionFields
{
    /// <summary>Builds the one buffer that fields are kept in.</summary>
    private sealed class Packer(int capacity = 256)
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(Math.Max(capacity, 1));
        private readonly HashSet<string> _names = new(StringComparer.Ordinal);
        private bool _repeated;

        public void Add(string name, ReadOnlySpan<byte> value)
        {
            _repeated |= !_names.Add(name);
            int nameLength = Encoding.UTF8.GetByteCount(name);
            var room = _buffer.GetSpan(HeaderSize + nameLength + value.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(room, (ushort)nameLength);
            BinaryPrimitives.WriteInt32LittleEndian(room[2..], value.Length);
            Encoding.UTF8.GetBytes(name, room[HeaderSize..]);
            value.CopyTo(room[(HeaderSize + nameLength)..]);
            _buffer.Advance(HeaderSize + nameLength + value.Length);
        }

        public SessionFields ToFields(string parameter) =>
            _repeated ? throw new ArgumentException("A field's name is given only once.", parameter)
            : _names.Count == 0 ? Empty
            : new SessionFields(_buffer.WrittenSpan.ToArray(), _names.Count);
    }

    private sealed class SessionFieldsJsonConverter : JsonConverter<SessionFields>
    {
        public override SessionFields Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("Fields are one JSON object.");
            }

            using var document = JsonDocument.ParseValue(ref reader);
            try
            {
                return Create(document.RootElement.EnumerateObject().Select(static property =>
                    new KeyValuePair<string, ReadOnlyMemory<byte>>(property.Name, Encoding.UTF8.GetBytes(property.Value.GetRawText()))));
            }
            catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
            {
                throw new JsonException("A field's name or value breaks the rules for session fields.", fault);
            }
        }

        public override void Write(Utf8JsonWriter writer, SessionFields value, JsonSerializerOptions options) => value.WriteTo(writer);
    }
}
