namespace Sact.Session.Tests;

/// <summary>
/// Records as an earlier build has written them. A stored session must be read by every later version, so these bytes never change.
/// A new format adds its own samples.
/// </summary>
public sealed class FrozenRecords
{
    private const string Key = "session:AAECAwQFBgcICQoLDA0ODxAR";

    private static readonly SessionLifetimes s_lifetimes =
        new(TimeSpan.FromDays(14), TimeSpan.FromMinutes(10), TimeSpan.FromDays(90));

    private static readonly DateTimeOffset s_created = new(2026, 11, 29, 12, 0, 0, 123, TimeSpan.Zero);

    private static SessionRecord Smallest => new()
    {
        Key = SessionKey.Parse(Key),
        State = SessionState.Anonymous,
        LineageHash = Hash(1),
        CurrentHash = Hash(2),
        CreatedAt = s_created,
        LastSeenAt = s_created,
        Lifetimes = s_lifetimes,
    };

    private static SessionRecord Fullest => Smallest with
    {
        Version = 0x0102_0304_0506,
        UserId = "Zoë",
        State = SessionState.SignedIn,
        AssuranceLevel = 2,
        PendingHash = Hash(3),
        PendingSince = s_created.AddSeconds(1),
        PreviousHash = Hash(4),
        LastPromotedAt = s_created.AddSeconds(2),
        Generation = 300,
        Presented = true,
        IsPersistent = true,
        AuthenticatedAt = s_created.AddSeconds(3),
        LastSeenAt = s_created.AddSeconds(4),
        SignInClient = new SessionClient("Mozilla/5.0", "192.0.2.1"),
        LastSeenClient = new SessionClient(null, ""),
        Fields = SessionFields.Create(
        [
            KeyValuePair.Create("cart", (ReadOnlyMemory<byte>)"[1,2]"u8.ToArray()),
            KeyValuePair.Create("$claims", (ReadOnlyMemory<byte>)"{\"role\":\"admin\"}"u8.ToArray()),
        ]),
    };

    public static TheoryData<string, string> Samples => new()
    {
        {
            "smallest",
            "01010000000000000001000001A227364E3B000001A3F6A97E7B01010101010101010101010101010101000000000002"
            + "020202020202020202020202020202000001A2272D267B000001A2272D267B8090E4C004C0CF24233F4A42"
        },
        {
            "fullest",
            "01010000010203040506000001A26F463E1B000001A3F6A97E7B0101010101010101010101010101010100045A6FC3AB"
            + "07FE0202020202020202020202020202020202000001A2272D267B000001A2272D361B8090E4C004C0CF24000001A227"
            + "2D323303030303030303030303030303030303000001A2272D2A6304040404040404040404040404040404000001A227"
            + "2D2E4BAC020C4D6F7A696C6C612F352E300A3139322E302E322E3100010405636172745B312C325D071024636C61696D"
            + "737B22726F6C65223A2261646D696E227D73333D72"
        },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    [Trait("abuse", "H7")]
    public void OfFormatOneAreReadAndWrittenByteForByte(string name, string hex)
    {
        var record = name == "smallest" ? Smallest : Fullest;
        byte[] frozen = Convert.FromHexString(hex);

        Assert.Equal(hex, Convert.ToHexString(record.Pack()));
        var read = SessionRecord.Unpack(record.Key, frozen);

        Assert.Equal(hex, Convert.ToHexString(read.Pack()));
        Assert.Equal((record.UserId, record.State, record.Version), (read.UserId, read.State, read.Version));
        Assert.Equal((record.SignInClient, record.LastSeenClient), (read.SignInClient, read.LastSeenClient));
        Assert.True(record.Fields.SameAs(read.Fields));
    }

    private static SecretHash Hash(byte value) => new([.. Enumerable.Repeat(value, SecretHash.Size)]);
}
