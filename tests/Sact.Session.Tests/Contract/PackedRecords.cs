using System.Text;

namespace Sact.Session.Tests;

public sealed class PackedRecords
{
    [Fact]
    [Trait("abuse", "H7")]
    public void ComeBackWhole()
    {
        var records = new RandomRecords(20261129);
        for (int i = 0; i < 2000; i++)
        {
            var record = records.Next();

            Same(record, SessionRecord.Unpack(record.Key, record.Pack()));
        }
    }

    [Fact]
    public void ShowTheHeaderWithoutTheBody()
    {
        var records = new RandomRecords(1);
        for (int i = 0; i < 200; i++)
        {
            var record = records.Next();

            Assert.True(RecordHeader.TryRead(record.Key, record.Pack(), out var header));

            Assert.Equal(
                (record.Format, RecordKind.Session, record.Version, record.ExpiresAt, record.AbsoluteDeadline, record.UserId),
                (header.Format, header.Kind, header.Version, header.ExpiresAt, header.AbsoluteDeadline, header.UserId));
            Assert.Equal(record.LineageHash, header.LineageHash);
            Assert.False(header.IsNewer);
            Assert.True(header.IsLive(record.ExpiresAt.AddMilliseconds(-1)));
            Assert.False(header.IsLive(record.ExpiresAt));
        }
    }

    /// <summary>A store compares versions and deadlines as bytes, in Lua or in SQL.</summary>
    [Fact]
    public void CompareAsBytesAsTheirNumbersDo()
    {
        var records = new RandomRecords(2);
        for (int i = 0; i < 500; i++)
        {
            var (a, b) = (records.Next(), records.Next());
            byte[] first = a.Pack(), second = b.Pack();

            int versions = first.AsSpan(RecordHeader.VersionOffset, 8).SequenceCompareTo(second.AsSpan(RecordHeader.VersionOffset, 8));
            int deadlines = first.AsSpan(RecordHeader.ExpiresAtOffset, 8).SequenceCompareTo(second.AsSpan(RecordHeader.ExpiresAtOffset, 8));

            Assert.Equal(Math.Sign(a.Version.CompareTo(b.Version)), Math.Sign(versions));
            Assert.Equal(Math.Sign(a.ExpiresAt.CompareTo(b.ExpiresAt)), Math.Sign(deadlines));
            Assert.Equal(a.LineageHash.ToArray(), first[RecordHeader.LineageOffset..(RecordHeader.LineageOffset + SecretHash.Size)]);
        }
    }

    [Fact]
    [Trait("abuse", "H5")]
    public void OfANewerFormatAreShownByTheirHeaderAndNotRead()
    {
        var record = new RandomRecords(3).Next() with { Format = SessionRecord.CurrentFormat + 1 };

        var stored = StoredRecord.Unpack(record.Key, record.Pack());

        Assert.True(stored.Exists);
        Assert.True(stored.Header.IsNewer);
        Assert.Null(stored.Record);
        Assert.Null(stored.Error);
        Assert.True(stored.IsLive(record.ExpiresAt.AddMilliseconds(-1)));
        Assert.Equal(record.UserId, stored.Header.UserId);
        var exception = Assert.Throws<SessionStoreException>(() => SessionRecord.Unpack(record.Key, record.Pack()));
        Assert.Contains("Update Sact.Session", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfAnEmptyStringAreNoFields()
    {
        var record = new RandomRecords(4).Next() with { Fields = SessionFields.Empty };

        Assert.Empty(SessionRecord.Unpack(record.Key, record.Pack()).Fields);
    }

    private static void Same(SessionRecord expected, SessionRecord actual)
    {
        Assert.Equal(
            (expected.Key, expected.UserId, expected.State, expected.AssuranceLevel, expected.Version, expected.Format),
            (actual.Key, actual.UserId, actual.State, actual.AssuranceLevel, actual.Version, actual.Format));
        Assert.Equal(
            (expected.LineageHash, expected.CurrentHash, expected.PendingHash, expected.PendingSince, expected.PreviousHash),
            (actual.LineageHash, actual.CurrentHash, actual.PendingHash, actual.PendingSince, actual.PreviousHash));
        Assert.Equal(
            (expected.LastPromotedAt, expected.Generation, expected.Presented, expected.IsPersistent, expected.AuthenticatedAt),
            (actual.LastPromotedAt, actual.Generation, actual.Presented, actual.IsPersistent, actual.AuthenticatedAt));
        Assert.Equal(
            (expected.SignInClient, expected.LastSeenClient, expected.CreatedAt, expected.LastSeenAt, expected.ExpiresAt),
            (actual.SignInClient, actual.LastSeenClient, actual.CreatedAt, actual.LastSeenAt, actual.ExpiresAt));
        Assert.Equal(
            (expected.Lifetimes.IdleTimeout, expected.Lifetimes.FirstUseTimeout, expected.Lifetimes.AbsoluteTimeout),
            (actual.Lifetimes.IdleTimeout, actual.Lifetimes.FirstUseTimeout, actual.Lifetimes.AbsoluteTimeout));
        Assert.Equal(expected.Fields.Count, actual.Fields.Count);
        Assert.Equal(expected.Fields.SizeInBytes, actual.Fields.SizeInBytes);
        Assert.Equal(
            expected.Fields.Select(field => (field.Key, Encoding.UTF8.GetString(field.Value.Span))),
            actual.Fields.Select(field => (field.Key, Encoding.UTF8.GetString(field.Value.Span))));
    }
}
