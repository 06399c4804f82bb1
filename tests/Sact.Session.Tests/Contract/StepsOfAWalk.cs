namespace Sact.Session.Tests;

/// <summary>How a store with columns walks over its rows, the newest session first.</summary>
public sealed class StepsOfAWalk
{
    private static readonly DateTimeOffset s_time = DateTimeOffset.FromUnixTimeMilliseconds(1_000);

    [Fact]
    public void BeginBeforeTheNewestSession() =>
        Assert.Equal(
            new QueryRange(long.MinValue, QueryPosition.First, long.MinValue, long.MaxValue), QueryRange.Of(new SessionQuery(), null));

    [Fact]
    public void ContinueBehindTheLastRow()
    {
        var row = Row('B', 500);

        Assert.Equal(new QueryPosition(500, row.Key.KeyPart), QueryRange.Of(new SessionQuery(), row.Position).Start);
        Assert.Equal(
            new QueryPosition(500, row.Key.KeyPart), QueryRange.Of(new SessionQuery { CreatedBefore = s_time }, row.Position).Start);
    }

    /// <summary>An administrator can forge a place. PostgreSQL has no NUL in a string, so it answered with a fault.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0x2b)]
    [InlineData(0x25)]
    [InlineData(0x80)]
    public void RefuseAPlaceBehindAKeyThatNoSessionHas(byte character)
    {
        byte[] place = Row('B', 500).Position;
        place[^1] = character;

        var refusal = Assert.Throws<ArgumentException>(() => QueryRange.Of(new SessionQuery(), place));

        Assert.Contains("is no cursor of this query", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadEveryMillisecondThatHasAPartInTheLimits()
    {
        var between = s_time.AddTicks(1);
        var range = QueryRange.Of(
            new SessionQuery
            {
                CreatedFrom = between,
                CreatedBefore = between.AddSeconds(1),
                LastSeenFrom = between,
                LastSeenBefore = between.AddSeconds(2),
            },
            null);

        Assert.Equal(new QueryRange(1_000, new QueryPosition(2_001, ""), 1_000, 3_001), range);
    }

    [Fact]
    public void AreTheLastOnesWhenTheyHaveFewerRowsThanTheyMayHave()
    {
        var step = ScannedRecords.Of([Row('C', 3), Row('B', 2)], 3);

        Assert.Equal((2, 2, (byte[]?)null), (step.Records.Count, step.Looked, step.End));
    }

    [Fact]
    public void LeaveOutRowsWithoutARecordAndContinueBehindThem()
    {
        var excluded = new ScannedRecord(Key('A'), 1, default);
        var step = ScannedRecords.Of([Row('C', 3), default, excluded], 3);

        Assert.Equal(Key('C'), Assert.Single(step.Records).Key);
        Assert.Equal(3, step.Looked);
        Assert.Equal(excluded.Position, step.End);
    }

    [Fact]
    public void ContinueBehindTheLastRowThatHasAKey()
    {
        var row = Row('C', 3);

        Assert.Equal(row.Position, ScannedRecords.Of([row, default, default], 3).End);
    }

    /// <summary>To answer that the search is complete would hide every session behind the rows.</summary>
    [Fact]
    public void FailWhenNoneOfTheirRowsHasAKey() =>
        Assert.Throws<SessionStoreException>(() => ScannedRecords.Of([default, default, default], 3));

    private static SessionKey Key(char letter) => SessionKey.Parse("session:" + new string(letter, 24));

    private static ScannedRecord Row(char letter, long createdAt) => new(Key(letter), createdAt, StoredRecord.Unpack(Key(letter), "any"u8));
}
