using System.Collections.Concurrent;

namespace Sact.Session.Stores.Tests;

/// <summary>Holds every update until so many callers have read and want to write, and notes the versions that they get.</summary>
internal sealed class UpdatesTogether(IGenericStore inner, StoreContractClock clock, int callers) : IGenericStore
{
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<long, bool> _versions = new();
    private int _updates;

    /// <summary>How many calls of UpdateAsync there were.</summary>
    public int Updates => _updates;

    /// <summary>How many versions of the record the callers got. Each write makes one.</summary>
    public int Versions => _versions.Count;

    public string CreateSessionId(string? userId = null) => inner.CreateSessionId(userId);

    public SessionKey GetSessionKey(string sessionId) => inner.GetSessionKey(sessionId);

    public string GetReferenceKey(string userId) => inner.GetReferenceKey(userId);

    public async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var record = await inner.GetAsync(key, cancellationToken);

        // No two touches are equal, and the caller that opens the gate, which writes first, has the earliest time.
        clock.Jump(TimeSpan.FromMilliseconds(-20));
        return record;
    }

    public ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
        inner.CreateAsync(session, cap, cancellationToken);

    public async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Increment(ref _updates) == callers)
        {
            _all.SetResult();
        }

        await _all.Task;
        var update = await inner.UpdateAsync(session, change, cancellationToken);
        Assert.Equal(SessionUpdateStatus.Applied, update.Status);
        _versions[update.Record!.Version] = true;
        return update;
    }

    public ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        inner.DeleteAsync(session, cancellationToken);

    public IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default) =>
        inner.GetActiveSessionsAsync(userId, cancellationToken);

    public ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        inner.DeleteActiveSessionsAsync(userId, except, cancellationToken);

    public ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => inner.ClearAsync(cancellationToken);

    public ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        inner.CountActiveSessionsAsync(cancellationToken);
}
