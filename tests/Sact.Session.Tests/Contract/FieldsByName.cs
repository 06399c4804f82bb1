using System.Buffers.Text;
using System.Text;

namespace Sact.Session.Tests;

/// <summary>The fields of a record: how they are found, compared and counted, and how a message names them.</summary>
public sealed class FieldsByName
{
    [Fact]
    public void AreTheSameInAnyOrder()
    {
        var fields = Fields(("a", "1"), ("b", "2"));

        Assert.True(fields.SameAs(Fields(("b", "2"), ("a", "1"))));
        Assert.False(fields.SameAs(Fields(("b", "2"), ("a", "3"))));
        Assert.False(fields.SameAs(Fields(("a", "1"), ("b", "3"))));
        Assert.False(fields.SameAs(Fields(("a", "1"), ("c", "2"))));
        Assert.False(fields.SameAs(Fields(("a", "1"))));
        Assert.False(Fields(("a", "1")).SameAs(fields));
        Assert.False(fields.SameAs(null));
        Assert.Equal("2 fields", fields.ToString());
    }

    [Fact]
    public void AreFoundByAWholeNameOnly()
    {
        var fields = Fields(("a", "1"));

        Assert.True(fields.Contains("a"));
        Assert.False(fields.Contains("\ud800"));
        Assert.False(fields.Contains(new string('a', 131)));
        Assert.False(fields.Contains(""));
    }

    [Fact]
    public void WithoutTheLibrarysOwnKeepTheOthers()
    {
        var own = Fields(("a", "1"));

        Assert.Same(own, own.WithoutReserved());
        Assert.True(Fields(("$b", "2"), ("a", "1"), ("$c", "3")).WithoutReserved().SameAs(own));
    }

    /// <summary>Sealing must not change what fits into a session.</summary>
    [Fact]
    public void CountSealedAsBefore()
    {
        for (int length = 1; length < 100; length++)
        {
            int sealedLength = Base64Url.GetEncodedLength(12 + length + 16) + 2;

            Assert.Equal("name".Length + length, SealedSize.Of("$~name"u8, sealedLength));
            Assert.Equal("name".Length + length, SealedSize.Of("name"u8, length));
        }
    }

    /// <summary>A message shows as much of a name as finds it, and too little for a session id in its place.</summary>
    [Theory]
    [InlineData("abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx")]
    [InlineData("abcdefghijklmnopqrstuvwxy", "abcdefghijklmnopqrstuvwx…")]
    [InlineData("abcdefghijklmnopqrstuvw😀", "abcdefghijklmnopqrstuvw…")]
    [InlineData("abcdefghijklmnopqrstuv😀x", "abcdefghijklmnopqrstuv😀…")]
    public void AreNamedByTheFirstTwentyFourCharacters(string name, string shown) => Assert.Equal(shown, FieldNameRule.Shown(name));

    private static SessionFields Fields(params (string Name, string Value)[] fields) => SessionFields.Create(
        fields.Select(field => KeyValuePair.Create(field.Name, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(field.Value))));
}
