namespace Sact.Session.Tests.Fuzzing;

/// <summary>
/// Packed records and markers, changed in a few bytes. Without the right checksum they are refused. With it, which only somebody who can
/// write to the store makes, they are refused or read as exactly what the bytes have.
/// </summary>
[Trait("seeds", "fuzzing")]
public sealed class FuzzedRecords
{
    private static readonly DateTimeOffset s_now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    [Trait("abuse", "H2")]
    [Trait("abuse", "H5")]
    [Trait("abuse", "H8")]
    public Task AreAbsentOrReadAsTheyAre() => FuzzRun.RunAsync(
        "records", one => new(One(one)), ["unchanged", "damaged", "refused", "read", "marker", "newer"]);

    private static string One(SeededNumbers numbers)
    {
        var records = new RandomRecords((int)(numbers.Next() >> 33));
        SessionRecord record = records.Next(), other = records.Next();
        bool isMarker = numbers.Percent(30);
        byte[] packed = isMarker ? Marker(numbers, record) : record.Pack();
        byte[] bytes = new Mutator(numbers).Bytes(packed, numbers.Percent(50) ? other.Pack() : Marker(numbers, other));
        bool isSigned = numbers.Percent(70) && bytes.Length >= RecordHeader.ChecksumLength;
        if (isSigned)
        {
            RecordHeader.WriteChecksum(record.Key, bytes);
        }

        var stored = StoredRecord.Unpack(record.Key, bytes);
        AssertUsable(stored, record);
        AssertRefusedUnder(other.Key, packed);
        if (!isSigned)
        {
            bool isSame = bytes.AsSpan().SequenceEqual(packed);
            Assert.Equal(isSame, stored.Error is null);
            return isSame ? "unchanged" : "damaged";
        }

        if (stored.Error is not null)
        {
            Assert.Throws<FormatException>(() => SessionRecord.Unpack(record.Key, bytes));
            return "refused";
        }

        if (stored.Header.IsNewer)
        {
            Assert.Throws<SessionStoreException>(() => SessionRecord.Unpack(record.Key, bytes));
            return "newer";
        }

        // A record has one form, so nothing is read that is not in the bytes.
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(stored.Ended?.Pack() ?? stored.Record!.Pack()));
        Assert.Equal(record.Key, stored.Ended?.Key ?? stored.Record!.Key);
        return stored.IsEnded ? "marker" : "read";
    }

    private static byte[] Marker(SeededNumbers numbers, SessionRecord record) =>
        EndedMarker.Of(record, numbers.Of(Enum.GetValues<SessionEndReason>()), s_now).Pack();

    /// <summary>What a store does with whatever it has read never throws, and an unreadable one is nobody's session.</summary>
    private static void AssertUsable(StoredRecord stored, SessionRecord session)
    {
        bool isLive = stored.IsLive(s_now);
        Assert.True(!isLive || (stored.Error is null && !stored.IsEnded));
        Assert.True(!stored.IsLiveSession(s_now) || isLive);
        stored.IsOccupiedFor(session, s_now);
        if (stored.Ended is { } ended)
        {
            ended.IsVisible(s_now);
            ended.Accepts(new byte[SessionIdFormat.ByteLength], TimeSpan.FromMinutes(5));
            SessionLookup lookup = new(ended);
            Assert.Null(lookup.Record);
        }

        if (stored.Record is { } record)
        {
            Assert.Null(SessionRecord.Validate(record));
            record.MayBeDestroyed(s_now);
            record.Apply(new SessionChange { Touch = new SessionTouch(s_now, null) }, s_now);
            EndedMarker.Of(record, SessionEndReason.Expired, record.ExpiresAt).IsVisible(s_now);
            foreach (var field in record.Fields)
            {
                Assert.True(record.Fields.Contains(field.Key) || field.Key.Length > FieldNameRule.MaxStoredLength);
            }
        }
    }

    private static void AssertRefusedUnder(SessionKey key, byte[] packed) =>
        Assert.Throws<FormatException>(() => SessionRecord.Unpack(key, packed));
}
