using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Sact.Session.Tests;

/// <summary>The bytes that take the place of a session that was ended.</summary>
public sealed class PackedMarkers
{
    private const string Key = "session:AAECAwQFBgcICQoLDA0ODxAR";

    private static readonly DateTimeOffset s_endedAt = new(2026, 11, 29, 13, 0, 0, 7, TimeSpan.Zero);

    [Fact]
    public void ComeBackAsTheyWere()
    {
        var records = new RandomRecords(20);
        foreach (var reason in Enum.GetValues<SessionEndReason>())
        {
            var record = records.Next();
            var marker = EndedMarker.Of(record, reason, s_endedAt);

            var stored = StoredRecord.Unpack(record.Key, marker.Pack());

            Assert.Null(stored.Error);
            Assert.Null(stored.Record);
            Assert.True(stored.IsEnded);
            Assert.Equal((reason, s_endedAt, record.LineageHash), (stored.Ended!.Reason, stored.Ended.EndedAt, stored.Ended.LineageHash));
            Assert.Equal(marker.Pack(), stored.Ended.Pack());
        }
    }

    /// <summary>A node of an earlier build may have written it, so these bytes never change.</summary>
    [Fact]
    public void OfFormatOneAreReadAndWrittenByteForByte()
    {
        var record = new SessionRecord
        {
            Key = SessionKey.Parse(Key),
            UserId = "Zoë",
            State = SessionState.SignedIn,
            LineageHash = Hash(1),
            CurrentHash = Hash(2),
            PendingHash = Hash(3),
            PendingSince = s_endedAt,
            PreviousHash = Hash(4),
            LastPromotedAt = s_endedAt.AddSeconds(-2),
            Generation = 300,
            Version = 41,
            CreatedAt = s_endedAt,
            LastSeenAt = s_endedAt,
            Lifetimes = new SessionLifetimes(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1)),
        };
        const string Frozen =
            "0102000000000000002A000001A227641487000001A227641487010101010101010101010101010101010000"
            + "0307AC02020202020202020202020202020202020303030303030303030303030303030304040404040404040404040404040404"
            + "000001A227640CB7";

        string packed = Convert.ToHexString(EndedMarker.Of(record, SessionEndReason.Replaced, s_endedAt).Pack());

        Assert.Equal(Frozen, packed[..^8]);
        Assert.Equal(packed, Convert.ToHexString(StoredRecord.Unpack(record.Key, Convert.FromHexString(packed)).Ended!.Pack()));
    }

    /// <summary>A marker has one form. The header has its time twice.</summary>
    [Fact]
    [Trait("abuse", "H2")]
    public void WithTwoTimesAreDamaged()
    {
        var record = new RandomRecords(22).Next();
        byte[] packed = EndedMarker.Of(record, SessionEndReason.SignedOut, s_endedAt).Pack();
        BinaryPrimitives.WriteInt64BigEndian(packed.AsSpan(18), s_endedAt.AddDays(1).ToUnixTimeMilliseconds());
        RecordHeader.WriteChecksum(record.Key, packed);

        Assert.NotNull(StoredRecord.Unpack(record.Key, packed).Error);
    }

    /// <summary>Whoever writes to the store chooses the time, and nothing is added to it. A newer format may have it too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("abuse", "H2")]
    public void OfTheLastInstantOfAllAreVisibleAndKeepTheirKey(byte format)
    {
        var record = new RandomRecords(23).Next();
        byte[] packed = EndedMarker.Of(record, SessionEndReason.SignedOut, s_endedAt).Pack();
        packed[0] = format;
        long last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteInt64BigEndian(packed.AsSpan(RecordHeader.ExpiresAtOffset), last);
        BinaryPrimitives.WriteInt64BigEndian(packed.AsSpan(18), last);
        RecordHeader.WriteChecksum(record.Key, packed);

        var stored = StoredRecord.Unpack(record.Key, packed);

        Assert.True(stored.IsOccupiedFor(record, s_endedAt));
        Assert.True(stored.Ended?.IsVisible(s_endedAt) ?? stored.Header.IsNewer);
    }

    [Fact]
    [Trait("abuse", "K1")]
    public void HoldNeitherTheUserNorTheData()
    {
        var records = new RandomRecords(21);
        for (int i = 0; i < 200; i++)
        {
            var record = records.Next();
            string packed = Encoding.Latin1.GetString(EndedMarker.Of(record, SessionEndReason.SignedOut, s_endedAt).Pack());
            if (record.UserId is { Length: > 3 } userId)
            {
                Assert.DoesNotContain(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(userId)), packed, StringComparison.Ordinal);
            }

            foreach (var (name, value) in record.Fields.Where(field => field.Value.Length > 3))
            {
                Assert.DoesNotContain(Encoding.Latin1.GetString(value.Span), packed, StringComparison.Ordinal);
                Assert.True(name.Length < 4 || !packed.Contains(name, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    [Trait("abuse", "H2")]
    public void AreUnreadableWhereverTheyWereCutOffAndWhicheverBitHasFlipped()
    {
        var record = new RandomRecords(22).Next();
        byte[] packed = EndedMarker.Of(record, SessionEndReason.SignedOut, s_endedAt).Pack();
        for (int length = 0; length < packed.Length; length++)
        {
            IsUnreadable(record.Key, packed[..length]);
        }

        for (int bit = 0; bit < 8 * packed.Length; bit++)
        {
            byte[] flipped = [.. packed];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            IsUnreadable(record.Key, flipped);
        }
    }

    /// <summary>Somebody who may write to the store can repair the checksum. No marker may pass for a session then.</summary>
    [Fact]
    [Trait("abuse", "H2")]
    public void WithAValidChecksumAreReadOrRefusedButAreNeverASession()
    {
        var random = new Random(23);
        var records = new RandomRecords(23);
        int refused = 0, read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            var record = records.Next();
            byte[] packed = EndedMarker.Of(record, SessionEndReason.SignedOut, s_endedAt).Pack();
            for (int change = random.Next(3); change > 0; change--)
            {
                packed[random.Next(2, packed.Length)] = (byte)random.Next(256);
            }

            uint checksum = Crc32C.Of(record.Key.Part, packed.AsSpan(0, packed.Length - 4));
            BinaryPrimitives.WriteUInt32BigEndian(packed.AsSpan(packed.Length - 4), checksum);

            var stored = StoredRecord.Unpack(record.Key, packed);

            Assert.Null(stored.Record);
            Assert.False(stored.IsLive(DateTimeOffset.UnixEpoch));
            Assert.Equal(stored.Ended is null, stored.Error is not null);
            read += stored.Ended is null ? 0 : 1;
            refused += stored.Ended is null ? 1 : 0;
        }

        Assert.InRange(refused, 500, 19_500);
        Assert.InRange(read, 500, 19_500);
    }

    /// <summary>Only a whole header tells who may see a marker, and a marker has no user.</summary>
    [Theory]
    [InlineData(new byte[] { (byte)'a' })]
    [InlineData(new byte[] { 0xc3, 0x28 })]
    [Trait("abuse", "H2")]
    public void WithAUserAreDamaged(byte[] user)
    {
        var record = new RandomRecords(24).Next();
        byte[] packed = EndedMarker.Of(record, SessionEndReason.SignedOut, s_endedAt).Pack();
        packed = [.. packed[..RecordHeader.UserOffset], .. user, .. packed[RecordHeader.UserOffset..]];
        BinaryPrimitives.WriteUInt16BigEndian(packed.AsSpan(RecordHeader.UserOffset - sizeof(ushort)), (ushort)user.Length);
        RecordHeader.WriteChecksum(record.Key, packed);

        var stored = StoredRecord.Unpack(record.Key, packed);

        Assert.NotNull(stored.Error);
        Assert.Null(stored.Ended);
    }

    /// <summary>Whoever presents an id that was valid at the end may see the reason, and nobody else.</summary>
    [Fact]
    [Trait("abuse", "K1")]
    public void AreSeenByTheIdsThatWereValid()
    {
        var grace = TimeSpan.FromSeconds(30);
        string current = new MemoryStore().CreateSessionId("alice");
        string pending = SessionIdFormat.WithNewRotor(current), previous = SessionIdFormat.WithNewRotor(current);
        var record = new RandomRecords(25).Next() with
        {
            LineageHash = SessionIdFormat.HashOfLineage(Bytes(current)),
            CurrentHash = SessionIdFormat.HashOf(current),
            PendingHash = SessionIdFormat.HashOf(pending),
            PreviousHash = SessionIdFormat.HashOf(previous),
            LastPromotedAt = s_endedAt - grace,
        };

        Assert.True(Accepts(record, current));
        Assert.True(Accepts(record, pending));
        Assert.False(Accepts(record, previous));
        Assert.True(Accepts(record with { LastPromotedAt = s_endedAt - grace + TimeSpan.FromMilliseconds(1) }, previous));
        Assert.False(Accepts(record, SessionIdFormat.WithNewRotor(current)));
        Assert.False(Accepts(record, new MemoryStore().CreateSessionId("alice")));
        Assert.False(Accepts(record with { PendingHash = null }, pending));
        Assert.False(Accepts(record with { LineageHash = default }, current));

        bool Accepts(SessionRecord ended, string id) =>
            EndedMarker.Of(ended, SessionEndReason.SignedOut, s_endedAt).Accepts(Bytes(id), grace);
    }

    private static byte[] Bytes(string id) => Base64Url.DecodeFromChars(id);

    private static void IsUnreadable(SessionKey key, byte[] bytes)
    {
        var stored = StoredRecord.Unpack(key, bytes);
        Assert.NotNull(stored.Error);
        Assert.Null(stored.Ended);
        Assert.False(stored.IsEnded);
    }

    private static SecretHash Hash(byte value) => new([.. Enumerable.Repeat(value, SecretHash.Size)]);
}
