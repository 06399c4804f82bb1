using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Sact.Session.Stores;

/// <summary>A key part as its 18 bytes, in place of a string: a store of a million sessions holds a million of them.</summary>
internal readonly struct SessionKeyPart : IEquatable<SessionKeyPart>
{
    public const int Size = 18;

    private readonly ulong _head;
    private readonly ulong _middle;
    private readonly ushort _tail;

    public SessionKeyPart(ReadOnlySpan<byte> bytes)
    {
        _head = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _middle = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _tail = BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]);
    }

    public void WriteTo(Span<char> text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _head);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _middle);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[16..], _tail);
        Base64Url.EncodeToChars(bytes, text);
    }

    /// <summary>Ordinal order of the texts, which is not that of the bytes.</summary>
    public int CompareText(SessionKeyPart other)
    {
        Span<char> mine = stackalloc char[SessionKey.KeyPartLength];
        Span<char> theirs = stackalloc char[SessionKey.KeyPartLength];
        WriteTo(mine);
        other.WriteTo(theirs);
        return mine.SequenceCompareTo(theirs);
    }

    public bool Equals(SessionKeyPart other) => _head == other._head && _middle == other._middle && _tail == other._tail;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is SessionKeyPart other && Equals(other);

    // The head begins with the routing tag, which a user's sessions share; the middle is random throughout.
    public override int GetHashCode() => _middle.GetHashCode();
}
