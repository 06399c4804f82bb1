using System.Buffers;
using System.Text;

namespace Sact.Session.Stores;

/// <summary>
/// Packs fields into one buffer. An instance that is abandoned costs the pool one buffer and nothing else. Never copy it.
/// </summary>
internal struct PackedFieldsBuilder(int capacity)
{
    private const int MaxLengthBytes = 5;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 256));
    private int _length;
    private int _count;
    private int _size;

    public void Add(string name, ReadOnlySpan<byte> value)
    {
        Span<byte> utf8 = stackalloc byte[3 * name.Length];
        Add(utf8[..Encoding.UTF8.GetBytes(name, utf8)], value);
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int needed = _length + (2 * MaxLengthBytes) + name.Length + value.Length;
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
        _size += SealedSize.Of(name, value.Length);
        _count++;
    }

    /// <summary>Makes the fields. The builder must not be used after it.</summary>
    /// <exception cref="ArgumentException">A name was added more than once.</exception>
    public SessionFields Build(string parameter)
    {
        var fields = BuildUnique();
        var lookup = new FieldLookup(fields.Packed, fields.Count);
        foreach (var field in fields.Packed)
        {
            if (lookup.Find(field.Name) != field.Start)
            {
                string name = FieldNameRule.Shown(Encoding.UTF8.GetString(field.Name));
                throw new ArgumentException($"The field name '{name}' occurs more than once. Each name can occur once.", parameter);
            }
        }

        return fields;
    }

    /// <summary>Makes the fields without a check for repeated names. The builder must not be used after it.</summary>
    public SessionFields BuildUnique()
    {
        byte[] bytes = _buffer.AsSpan(0, _length).ToArray();
        Return();
        return _count == 0 ? SessionFields.Empty : new SessionFields(new PackedFields(bytes), _count, _size);
    }

    private void WriteLength(int length)
    {
        for (; length >= 0x80; length >>= 7)
        {
            _buffer[_length++] = (byte)(length | 0x80);
        }

        _buffer[_length++] = (byte)length;
    }

    // The used part held a user's data, so it is cleared.
    private readonly void Return()
    {
        _buffer.AsSpan(0, _length).Clear();
        ArrayPool<byte>.Shared.Return(_buffer);
    }
}
