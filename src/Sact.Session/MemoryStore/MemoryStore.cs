using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in the memory of this process: the default store, for one process whose users may be signed out by a restart. Durability class: the process.
/// </summary>
/// <remarks>
/// Reads take no lock. Writes of different users do not wait for each other. Memory is capped in bytes (<see cref="MemoryStoreOptions.MaxBytes"/>). Expired sessions are destroyed a few at a time
/// as others are created, and by <see cref="DeleteExpiredAsync"/>.
/// </remarks>
[DebuggerDisplay("MemoryStore {Prefix}")]
public sealed partial class MemoryStore : GenericStore, IExpiredSessionStore
{
    // Each creation looks at this many others, so a full round takes a quarter as many creations as there are sessions.
    private const int SweptWithEachCreation = 4;

    // By the key without the prefix, which all share.
    private readonly ConcurrentDictionary<SessionKeyPart, SessionRecord> _records = new();
    private readonly ConcurrentDictionary<string, UserSessions> _users = new(StringComparer.Ordinal);
    private readonly MemoryBudget _budget;
    private IEnumerator<KeyValuePair<SessionKeyPart, SessionRecord>>? _sweep;
    private int _sweeping;

    /// <summary>Makes an empty store.</summary>
    /// <param name="options">Its options; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option breaks its rule.</exception>
    public MemoryStore(MemoryStoreOptions? options = null)
        : base(options ??= new MemoryStoreOptions())
    {
        if (options.MaxBytes < 64 * 1024)
        {
            throw new ArgumentException("MaxBytes is at least 65536. Set MemoryStoreOptions.MaxBytes accordingly.", nameof(options));
        }

        _budget = new MemoryBudget(options.MaxBytes, _records, () => Sweep(int.MaxValue, most: 100) > 0, Logger);
    }

    /// <summary>The bytes that sessions take now, as the store reckons them.</summary>
    public long SizeInBytes => _budget.Bytes;

    /// <inheritdoc/>
    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        bool owns = Owns(key);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<SessionRecord?>(cancellationToken)
            : new(owns && _records.TryGetValue(key.Part, out var record) && record.IsLive(Clock.GetUtcNow()) ? record : null);
    }

    /// <inheritdoc/>
    public override ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionCreation>(cancellationToken);
        }

        Sweep(SweptWithEachCreation, SweptWithEachCreation);
        var outcome = session.UserId is { } userId ? CreateForUser(session, userId, cap) : CreateAnonymous(session);
        return new(outcome);
    }

    /// <inheritdoc/>
    public override ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionUpdate>(cancellationToken);
        }

        while (_records.TryGetValue(session.Key.Part, out var stored) && stored.IsSameSession(session))
        {
            var outcome = stored.Apply(change, Clock.GetUtcNow());
            if (outcome.Status != SessionUpdateStatus.Applied || ReferenceEquals(outcome.Record, stored))
            {
                return new(outcome);
            }

            bool anonymous = stored.State == SessionState.Anonymous;
            long growth = MemoryBudget.SizeOf(outcome.Record!) - MemoryBudget.SizeOf(stored);
            if (growth > 0)
            {
                _budget.Take(growth, anonymous);
            }

            // Replaces the very record the change was applied to, or nothing: another writer's change is never lost, an ended session never comes back.
            if (_records.TryUpdate(session.Key.Part, outcome.Record!, stored))
            {
                if (growth < 0)
                {
                    _budget.Give(-growth, anonymous);
                }

                return new(outcome);
            }

            if (growth > 0)
            {
                _budget.Give(growth, anonymous);
            }
        }

        return new(SessionUpdate.Gone);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        while (_records.TryGetValue(session.Key.Part, out var stored) && stored.IsSameSession(session))
        {
            if (TryEnd(stored))
            {
                return new(stored.IsLive(Clock.GetUtcNow()));
            }
        }

        return new(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var key in KeysOf(userId))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_records.TryGetValue(key, out var record) && IsOf(record, userId) && record.IsLive(Clock.GetUtcNow()))
            {
                yield return record;
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        if (except is { IsDefault: true })
        {
            throw new ArgumentException("A default SessionKey names no session; pass null to keep none.", nameof(except));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<long>(cancellationToken);
        }

        long ended = 0;
        foreach (var key in KeysOf(userId))
        {
            while ((except is not { } kept || !Owns(kept) || !key.Equals(kept.Part)) && _records.TryGetValue(key, out var record) && IsOf(record, userId))
            {
                if (TryEnd(record))
                {
                    ended += record.IsLive(Clock.GetUtcNow()) ? 1 : 0;
                    break;
                }
            }
        }

        return new(ended);
    }

    /// <inheritdoc/>
    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        long ended = 0;
        foreach (var (key, _) in _records)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<long>(cancellationToken);
            }

            while (_records.TryGetValue(key, out var record))
            {
                if (TryEnd(record))
                {
                    ended += record.IsLive(Clock.GetUtcNow()) ? 1 : 0;
                    break;
                }
            }
        }

        return new(ended);
    }

    /// <inheritdoc/>
    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<long>(cancellationToken);
        }

        var now = Clock.GetUtcNow();
        return new(_records.LongCount(entry => entry.Value.IsLive(now)));
    }

    /// <inheritdoc/>
    public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<long>(cancellationToken) : new(Sweep(int.MaxValue, batch));
    }
}
