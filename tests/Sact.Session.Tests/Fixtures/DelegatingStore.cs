namespace Sact.Session.Tests;

/// <summary>Makes names by one store, and keeps records in another one or the same. It is no <see cref="GenericStore"/>.</summary>
internal abstract class DelegatingStore(IGenericStore names, IGenericStore records) : IGenericStore
{
    public string CreateSessionId(string? userId = null) => names.CreateSessionId(userId);

    public SessionKey GetSessionKey(string sessionId) => names.GetSessionKey(sessionId);

    public string GetReferenceKey(string userId) => names.GetReferenceKey(userId);

    public ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        records.GetAsync(key, cancellationToken);

    public ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
        records.CreateAsync(session, cap, cancellationToken);

    public ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
        records.UpdateAsync(session, change, cancellationToken);

    public ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        records.DeleteAsync(session, cancellationToken);

    public IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default) =>
        records.GetActiveSessionsAsync(userId, cancellationToken);

    public ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        records.DeleteActiveSessionsAsync(userId, except, cancellationToken);

    public ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => records.ClearAsync(cancellationToken);

    public ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        records.CountActiveSessionsAsync(cancellationToken);
}
