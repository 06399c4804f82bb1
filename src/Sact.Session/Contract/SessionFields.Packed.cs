using System.Buffers;
using System.Text;

namespace Sact.Session;

public sealed partial class SessionFields
{
    private const int MostLengthBytes = 5;

    private ReadOnlySpan<byte> ValueOf(Entry entry) => _packed.AsSpan(entry.ValueStart, entry.ValueLength);

    private int Find(ReadOnlySpan<byte> name) => Find(_packed, name);

    // Nearly every name is ASCII, which UTF-8 leaves as it is.
    private int FindAscii(string name)
    {
        for (int at = 0; at < _packed.Length;)
        {
            var entry = EntryAt(at);
            if (Ascii.Equals(entry.Name, name))
            {
                return at;
            }

            at = entry.End;
        }

        return -1;
    }

    private int FindOther(string name)
    {
        Span<byte> utf8 = stackalloc byte[SessionFieldRule.MaxNameLength * 3];
        return name.Length <= SessionFieldRule.MaxNameLength && SessionFieldRule.IsWellFormed(name) ? Find(utf8[..Encoding.UTF8.GetBytes(name, utf8)]) : -1;
    }

    /// <summary>Where a field stands; -1 if there is none of the name.</summary>
    private static int Find(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> name)
    {
        for (int at = 0; at < packed.Length;)
        {
            var entry = Entry.At(packed, at);
            if (name.SequenceEqual(entry.Name))
            {
                return at;
            }

            at = entry.End;
        }

        return -1;
    }

    private int Find(ReadOnlySpan<byte> name, Dictionary<string, int>? index) =>
        index is null ? Find(name) : index.TryGetValue(Encoding.UTF8.GetString(name), out int at) ? at : -1;

    /// <summary>Where each field stands, for whoever looks for many; null while they are so few that looking through them is faster.</summary>
    private Dictionary<string, int>? Index()
    {
        if (Count <= FewFields)
        {
            return null;
        }

        var index = new Dictionary<string, int>(Count, StringComparer.Ordinal);
        for (int at = 0; at < _packed.Length;)
        {
            var entry = EntryAt(at);
            index.Add(Encoding.UTF8.GetString(entry.Name), at);
            at = entry.End;
        }

        return index;
    }

    private Entry EntryAt(int at) => Entry.At(_packed, at);

    private readonly ref struct Entry(ReadOnlySpan<byte> name, int valueStart, int valueLength)
    {
        public ReadOnlySpan<byte> Name { get; } = name;

        public int ValueStart { get; } = valueStart;

        public int ValueLength { get; } = valueLength;

        public int End => ValueStart + ValueLength;

        public static Entry At(ReadOnlySpan<byte> packed, int at)
        {
            int nameLength = ReadLength(packed, ref at);
            int valueLength = ReadLength(packed, ref at);
            return new Entry(packed.Slice(at, nameLength), at + nameLength, valueLength);
        }

        private static int ReadLength(ReadOnlySpan<byte> packed, ref int at)
        {
            int length = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte part = packed[at++];
                length |= (part & 0x7f) << shift;
                if (part < 0x80)
                {
                    return length;
                }
            }
        }
    }

    /// <summary>Builds the one buffer that fields are kept in. Left unfinished it costs the pool a buffer and nothing else. Never copied.</summary>
    private struct Packer(int capacity)
    {
        private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 256));
        private HashSet<string>? _names;
        private int _length;
        private int _count;
        private int _size;
        private bool _repeated;

        public void Add(string name, ReadOnlySpan<byte> value)
        {
            Span<byte> utf8 = stackalloc byte[SessionFieldRule.MaxNameLength * 3];
            Add(utf8[..Encoding.UTF8.GetBytes(name, utf8)], value);
        }

        public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (_count < FewFields)
            {
                _repeated |= Find(_buffer.AsSpan(0, _length), name) >= 0;
            }
            else
            {
                _repeated |= !(_names ??= Names()).Add(Encoding.UTF8.GetString(name));
            }

            AddUnique(name, value);
        }

        public void AddUnique(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            int needed = _length + (2 * MostLengthBytes) + name.Length + value.Length;
            if (needed > _buffer.Length)
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _buffer.Length));
                _buffer.AsSpan(0, _length).CopyTo(larger);
                Return();
                _buffer = larger;
            }

            WriteLength(name.Length);
            WriteLength(value.Length);
            name.CopyTo(_buffer.AsSpan(_length));
            value.CopyTo(_buffer.AsSpan(_length + name.Length));
            _length += name.Length + value.Length;
            _size += name.Length + value.Length;
            _count++;
        }

        public SessionFields ToFields(string parameter)
        {
            byte[] packed = _buffer.AsSpan(0, _length).ToArray();
            Return();
            return _repeated ? throw new ArgumentException("A field's name is given only once.", parameter)
                : _count == 0 ? Empty
                : new SessionFields(packed, _count, _size);
        }

        private readonly HashSet<string> Names()
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            for (int at = 0; at < _length;)
            {
                var entry = Entry.At(_buffer, at);
                names.Add(Encoding.UTF8.GetString(entry.Name));
                at = entry.End;
            }

            return names;
        }

        private void WriteLength(int length)
        {
            for (; length >= 0x80; length >>= 7)
            {
                _buffer[_length++] = (byte)(length | 0x80);
            }

            _buffer[_length++] = (byte)length;
        }

        // Cleared of what a user's session holds, so far as it was used.
        private readonly void Return()
        {
            _buffer.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }
}
