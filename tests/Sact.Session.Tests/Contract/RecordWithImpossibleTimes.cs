namespace Sact.Session.Tests;

public sealed class RecordWithImpossibleTimes
{
    [Fact]
    [Trait("abuse", "H2")]
    public void IsInvalidAndIsNotCreated()
    {
        var store = new MemoryStore();
        var now = DateTimeOffset.UnixEpoch.AddYears(60);
        string id = store.CreateSessionId("alice");
        SessionRecord Made(DateTimeOffset created, DateTimeOffset seen) => new()
        {
            Key = store.GetSessionKey(id),
            UserId = "alice",
            State = SessionState.SignedIn,
            LineageHash = SessionIdFormat.HashOf(id),
            CurrentHash = SessionIdFormat.HashOf(id),
            CreatedAt = created,
            LastSeenAt = seen,
            Lifetimes = new SessionLifetimes(TimeSpan.FromDays(1), TimeSpan.FromDays(1), TimeSpan.FromDays(1)),
        };

        Assert.Null(SessionRecord.Validate(Made(now, now)));
        Assert.NotNull(SessionRecord.Validate(Made(DateTimeOffset.MaxValue, now)));
        Assert.NotNull(SessionRecord.Validate(Made(now, DateTimeOffset.MaxValue)));
        Assert.NotNull(SessionRecord.Validate(Made(DateTimeOffset.MinValue, now)));
        Assert.Throws<ArgumentException>(() => { _ = store.CreateAsync(Made(DateTimeOffset.MaxValue, now)).AsTask(); });
        Assert.Throws<OverflowException>(() =>
            new SessionRecord
            {
                Key = default,
                State = (SessionState)258,
                LineageHash = default,
                CurrentHash = default,
                CreatedAt = now,
                LastSeenAt = now,
                Lifetimes = Made(now, now).Lifetimes,
            });
    }
}
