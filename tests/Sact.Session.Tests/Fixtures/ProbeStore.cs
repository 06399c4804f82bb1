using System.Collections.Concurrent;

namespace Sact.Session.Tests;

/// <summary>Wraps a store. It records the calls of each verb, holds them at a gate, fails them, or answers instead of the store.</summary>
public sealed class ProbeStore(IGenericStore inner) : IEndedSessionStore
{
    private readonly ConcurrentQueue<string> _calls = new();

    /// <summary>The wrapped store.</summary>
    public IGenericStore Inner => inner;

    /// <summary>The verbs called so far, in order: get, create, update, delete, list, delete_user, delete_all, count.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    /// <summary>Runs with the verb before the store is called. A test may await a gate or throw in it.</summary>
    public Func<string, CancellationToken, ValueTask>? Before { get; set; }

    /// <summary>Runs after the store has answered and before the caller sees it.</summary>
    public Func<string, CancellationToken, ValueTask>? After { get; set; }

    /// <summary>Creates ids instead of the store.</summary>
    public Func<string?, string>? MakeId { get; set; }

    /// <summary>Replaces the answer of a read.</summary>
    public Func<SessionKey, SessionRecord?, SessionRecord?>? Substitute { get; set; }

    /// <summary>Reads instead of the store. The caller gets this very task.</summary>
    public Func<SessionKey, Task<SessionRecord?>>? Read { get; set; }

    public void Reset() => _calls.Clear();

    public int Count(string verb) => _calls.Count(call => call == verb);

    public string CreateSessionId(string? userId = null) => MakeId is null ? inner.CreateSessionId(userId) : MakeId(userId);

    public SessionKey GetSessionKey(string sessionId) => inner.GetSessionKey(sessionId);

    public string GetReferenceKey(string userId) => inner.GetReferenceKey(userId);

    public ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Read is null ? ReadAsync(key, cancellationToken) : new(Read(key));

    private async ValueTask<SessionRecord?> ReadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var record = await Probed("get", () => inner.GetAsync(key, cancellationToken), cancellationToken);
        return Substitute is null ? record : Substitute(key, record);
    }

    /// <summary>As a store that leaves no markers would answer, if the wrapped one leaves none.</summary>
    public async ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var found = await Probed(
            "get",
            async () => inner is IEndedSessionStore ended
                ? await ended.FindAsync(key, cancellationToken)
                : new SessionLookup(await inner.GetAsync(key, cancellationToken)),
            cancellationToken);
        return Substitute is null ? found : new SessionLookup(Substitute(key, found.Record));
    }

    public ValueTask<bool> EndAsync(SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default) =>
        inner is IEndedSessionStore ended
            ? Probed("delete", () => ended.EndAsync(session, reason, cancellationToken), cancellationToken)
            : DeleteAsync(session, cancellationToken);

    public ValueTask<long> EndActiveSessionsAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken = default) =>
        inner is IEndedSessionStore ended
            ? Probed("delete_user", () => ended.EndActiveSessionsAsync(userId, except, reason, cancellationToken), cancellationToken)
            : DeleteActiveSessionsAsync(userId, except, cancellationToken);

    public ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
        Probed("create", () => inner.CreateAsync(session, cap, cancellationToken), cancellationToken);

    public ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
        Probed("update", () => inner.UpdateAsync(session, change, cancellationToken), cancellationToken);

    public ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        Probed("delete", () => inner.DeleteAsync(session, cancellationToken), cancellationToken);

    public async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _calls.Enqueue("list");
        if (Before is not null)
        {
            await Before("list", cancellationToken);
        }

        await foreach (var record in inner.GetActiveSessionsAsync(userId, cancellationToken))
        {
            yield return record;
        }
    }

    public ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        Probed("delete_user", () => inner.DeleteActiveSessionsAsync(userId, except, cancellationToken), cancellationToken);

    public ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) =>
        Probed("delete_all", () => inner.ClearAsync(cancellationToken), cancellationToken);

    public ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        Probed("count", () => inner.CountActiveSessionsAsync(cancellationToken), cancellationToken);

    private async ValueTask<T> Probed<T>(string verb, Func<ValueTask<T>> call, CancellationToken cancellationToken)
    {
        _calls.Enqueue(verb);
        if (Before is not null)
        {
            await Before(verb, cancellationToken);
        }

        var answer = await call();
        if (After is not null)
        {
            await After(verb, cancellationToken);
        }

        return answer;
    }
}
