using System.Buffers.Binary;

namespace Sact.Session.Tests;

/// <summary>The numbers and strings of a packed record have one form each. Anything else is damaged.</summary>
public sealed class PackedNumbers
{
    [Theory]
    [InlineData(new byte[] { 0 }, 0)]
    [InlineData(new byte[] { 127 }, 127)]
    [InlineData(new byte[] { 0x80, 1 }, 128)]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 7 }, int.MaxValue)]
    public void AreRead(byte[] bytes, int expected) => Assert.Equal(expected, new PackedReader(bytes).Number());

    [Theory]
    [InlineData(new byte[] { }, "The record ends early")]
    [InlineData(new byte[] { 0x80 }, "The record ends early")]
    [InlineData(new byte[] { 0x80, 0 }, "malformed or too large")]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 8 }, "malformed or too large")]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 1 }, "malformed or too large")]
    public void InAnotherFormAreDamaged(byte[] bytes, string expected)
    {
        var fault = Assert.Throws<FormatException>(() => new PackedReader(bytes).Number());

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfAStringMustEndWithIt()
    {
        Assert.Equal("é", new PackedReader([3, 0xc3, 0xa9]).String());
        Assert.Equal("", new PackedReader([1]).String());
        Assert.Null(new PackedReader([0]).String());
        Assert.Throws<FormatException>(() => new PackedReader([3, 0xc3]).String());
        var fault = Assert.Throws<FormatException>(() => new PackedReader([3, 0xc3, 0x28]).String());
        Assert.Contains("is not UTF-8", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void OfATimeAreInTheRangeOfTimes(long milliseconds)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, milliseconds);

        var fault = Assert.Throws<FormatException>(() => new PackedReader(bytes).Time());

        Assert.Contains("A time in the record is out of range", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Each field has the lengths of its name and of its value first. Neither is zero.</summary>
    [Theory]
    [InlineData(new byte[] { 1, 1, (byte)'a', (byte)'1' }, true)]
    [InlineData(new byte[] { 0, 1, (byte)'1' }, false)]
    [InlineData(new byte[] { 1, 0, (byte)'a' }, false)]
    [InlineData(new byte[] { 1 }, false)]
    [InlineData(new byte[] { 0x80 }, false)]
    [InlineData(new byte[] { 0x81, 0x80, 0x80, 0x80, 0x80 }, false)]
    [InlineData(new byte[] { 1, 1, (byte)'a' }, false)]
    [InlineData(new byte[] { 2, 1, 0xc3, 0x28, (byte)'1' }, false)]
    public void OfAFieldAreItsLengths(byte[] bytes, bool expected) =>
        Assert.Equal(expected, PackedFields.TryMeasure(bytes, out _, out _));
}
