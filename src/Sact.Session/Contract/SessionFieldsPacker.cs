using System.Buffers;
using System.Buffers.Binary;
using System.Text;

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
}
