namespace Sact.Session.Tests;

public sealed class StoreWithoutAnAnswer
{
    [Fact]
    public async Task SignsNobodyIn()
    {
        var host = new SessionHost();
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        var session = new Session<StoreWithoutCreateAnswer>(
            context.Request, context.Response, new StoreWithoutCreateAnswer(host.Memory), host.Options);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await session.SetAsync("alice"));

        Assert.True(fault.OutcomeUnknown);
        Assert.Equal(0, context.Response.Headers.SetCookie.Count);
    }

    private sealed class StoreWithoutCreateAnswer(IGenericStore inner) : GenericStore(new GenericStoreOptions())
    {
        public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
            inner.GetAsync(key, cancellationToken);

        public override ValueTask<SessionCreation> CreateAsync(
            SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
            default;

        public override ValueTask<SessionUpdate> UpdateAsync(
            SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
            inner.UpdateAsync(session, change, cancellationToken);

        public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
            inner.DeleteAsync(session, cancellationToken);

        public override IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
            string userId, CancellationToken cancellationToken = default) =>
            inner.GetActiveSessionsAsync(userId, cancellationToken);

        public override ValueTask<long> DeleteActiveSessionsAsync(
            string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
            inner.DeleteActiveSessionsAsync(userId, except, cancellationToken);

        public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => inner.ClearAsync(cancellationToken);

        public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
            inner.CountActiveSessionsAsync(cancellationToken);
    }
}
