namespace Sact.Session.Tests;

/// <summary>Whether a renewal finds that another one is already under way.</summary>
public sealed class RenewalUnderWay
{
    private static readonly DateTimeOffset s_now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(5);

    private static readonly SessionRecord s_record = new RandomRecords(seed: 1).Next() with { LastPromotedAt = null, PendingSince = null };

    [Theory]
    [InlineData(29.9, true)]
    [InlineData(30, false)]
    public void IsAPromotionWithinTheGrace(double secondsAgo, bool isUnderWay) => Assert.Equal(
        isUnderWay, IsUnderWay(s_record with { LastPromotedAt = s_now - TimeSpan.FromSeconds(secondsAgo) }));

    [Theory]
    [InlineData(299.9, true)]
    [InlineData(300, false)]
    public void IsAPendingIdWithinTheReplayMargin(double secondsAgo, bool isUnderWay) => Assert.Equal(
        isUnderWay, IsUnderWay(s_record with { PendingSince = s_now - TimeSpan.FromSeconds(secondsAgo) }));

    [Fact]
    public void IsNothingOfASessionThatWasNeverRenewed() => Assert.False(IsUnderWay(s_record));

    private static bool IsUnderWay(SessionRecord record) => SecretRule.RenewedJustNow(record, s_now, s_grace, s_margin);
}
