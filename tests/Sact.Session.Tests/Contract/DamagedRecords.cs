using System.Buffers.Binary;

namespace Sact.Session.Tests;

/// <summary>
/// What a store may find in place of a record. It is absent, and never an exception that a request meets, nor another's data.
/// </summary>
public sealed class DamagedRecords
{
    [Fact]
    [Trait("abuse", "H2")]
    public void AreFoundWhereverTheyWereCutOff()
    {
        var record = new RandomRecords(10).Next();
        byte[] packed = record.Pack();
        for (int length = 0; length < packed.Length; length++)
        {
            IsUnreadable(record.Key, packed.AsSpan(0, length));
            IsUnreadable(record.Key, packed.AsSpan(packed.Length - length));
        }
    }

    [Fact]
    [Trait("abuse", "H2")]
    public void AreFoundWhicheverBitHasFlipped()
    {
        var record = new RandomRecords(11).Next();
        byte[] packed = record.Pack();
        for (int bit = 0; bit < 8 * packed.Length; bit++)
        {
            byte[] flipped = [.. packed];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));

            IsUnreadable(record.Key, flipped);
        }
    }

    [Fact]
    [Trait("abuse", "H8")]
    public void AreFoundUnderAnotherKey()
    {
        var records = new RandomRecords(12);
        var (mine, other) = (records.Next(), records.Next());

        IsUnreadable(other.Key, mine.Pack());
    }

    [Fact]
    [Trait("abuse", "H2")]
    public void AreFoundBehindMoreBytes()
    {
        var record = new RandomRecords(13).Next();

        IsUnreadable(record.Key, [.. record.Pack(), 0]);
        IsUnreadable(record.Key, [0, .. record.Pack()]);
    }

    [Fact]
    [Trait("abuse", "H2")]
    public void AreFoundInForeignBytes()
    {
        var random = new Random(14);
        var key = new RandomRecords(14).Next().Key;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] foreign = new byte[random.Next(400)];
            random.NextBytes(foreign);

            IsUnreadable(key, foreign);
        }
    }

    /// <summary>Somebody who may write to the store can repair the checksum. Whatever the bytes are, reading them ends.</summary>
    [Fact]
    [Trait("abuse", "H2")]
    public void WithAValidChecksumAreReadOrRefusedButNeverThrow()
    {
        var random = new Random(15);
        var records = new RandomRecords(15);
        int refused = 0, read = 0;
        for (int i = 0; i < 100_000; i++)
        {
            var record = records.Next();
            byte[] packed = Mutated(record.Pack(), random);
            Repair(record.Key, packed);

            var stored = StoredRecord.Unpack(record.Key, packed);

            if (stored.Record is { } found)
            {
                read++;
                Assert.Null(SessionRecord.Validate(found));
                Assert.Equal(packed, found.Pack());
            }
            else
            {
                refused++;
                Assert.True(stored.Error is not null || stored.Header.IsNewer);
            }
        }

        // Both happen often, so that the test proves both.
        Assert.InRange(refused, 1_000, 99_000);
        Assert.InRange(read, 1_000, 99_000);
    }

    private static byte[] Mutated(byte[] packed, Random random)
    {
        byte[] mutated = random.Next(4) == 0 ? packed[..random.Next(48, packed.Length + 1)] : packed;
        for (int i = random.Next(4); i > 0; i--)
        {
            mutated[random.Next(mutated.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : mutated[random.Next(mutated.Length)]);
        }

        return mutated;
    }

    private static void Repair(SessionKey key, byte[] packed) => BinaryPrimitives.WriteUInt32BigEndian(
        packed.AsSpan(packed.Length - RecordHeader.ChecksumLength), Crc32C.Of(key.Part, packed.AsSpan(0, packed.Length - 4)));

    private static void IsUnreadable(SessionKey key, ReadOnlySpan<byte> bytes)
    {
        var stored = StoredRecord.Unpack(key, bytes);
        Assert.True(stored.Exists);
        Assert.NotNull(stored.Error);
        Assert.Null(stored.Record);
        Assert.False(stored.IsLive(DateTimeOffset.UnixEpoch));
    }
}
