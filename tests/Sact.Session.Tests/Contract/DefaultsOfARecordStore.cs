namespace Sact.Session.Tests;

/// <summary>What a store author gets without a line of code.</summary>
public sealed class DefaultsOfARecordStore
{
    private readonly BareStore _store = new(new GenericStoreOptions());

    [Fact]
    public void SettleAnUnknownOutcomeByARead() =>
        Assert.True(_store.IsSettledByRead(new SessionStoreException("The reply was lost.", null, outcomeUnknown: true)));

    [Fact]
    public void LockNoRecordAndRetryAtOnce() =>
        Assert.Equal((int.MaxValue, TimeSpan.Zero), (_store.RacesBeforeRewrite, _store.PauseAfter(1)));
}
