namespace Sact.Session.Stores.Tests.BrokenStores;

/// <summary>
/// Holds each caller at the critical point until a number of them is there. Callers are counted for ever: once open, it stays open.
/// </summary>
internal sealed class Gate(int callers)
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _arrived;

    public Task ArriveAsync()
    {
        if (Interlocked.Increment(ref _arrived) >= callers)
        {
            _open.TrySetResult();
        }

        return _open.Task;
    }
}

/// <summary>Looks who is there, and acts on it later: 32 sign-ins all find room.</summary>
internal sealed class CapsWithoutALock(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private readonly Gate _gate = new(16);

    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        if (cap is null)
        {
            return await base.CreateAsync(session, null, cancellationToken);
        }

        var ended = await Locked(() => Choose(cap, session.UserId!), cancellationToken);
        await _gate.ArriveAsync();
        if (ended is null)
        {
            return SessionCreation.CapReached;
        }

        await Locked(() => EndAll(ended), cancellationToken);
        await base.CreateAsync(session, null, cancellationToken);
        return SessionCreation.Created([.. ended.Select(record => record.Key)]);
    }
}

/// <summary>Reads, waits, and writes what it made of what it read: the writers at the gate overwrite each other.</summary>
internal sealed class ReadsThenWrites(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private readonly Gate _gate = new(2);

    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        var stored = await Locked(() => Stored(session.Key), cancellationToken);
        if (stored?.IsSameSession(session) != true)
        {
            return SessionUpdate.Gone;
        }

        var update = Apply(stored, change);
        await _gate.ArriveAsync();
        if (update.Status == SessionUpdateStatus.Applied)
        {
            await Locked(() => Data.Records[session.Key] = update.Record!, cancellationToken);
        }

        return update;
    }
}

/// <summary>A writer that has read the session waits until it has been ended, and then writes. The end waits for such a writer.</summary>
internal sealed class WritesAfterTheEnd(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private int _changes;

    private TaskCompletionSource Waiting => Data.Signal(nameof(Waiting));

    private TaskCompletionSource Ended => Data.Signal(nameof(Ended));

    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        // The case ends the session only when some changes have landed: those pass.
        if (Interlocked.Increment(ref _changes) <= 8)
        {
            return await base.UpdateAsync(session, change, cancellationToken);
        }

        var update = await Locked(() => Stored(session.Key) is { } stored ? Apply(stored, change) : SessionUpdate.Gone, cancellationToken);
        if (update.Status == SessionUpdateStatus.Applied)
        {
            Waiting.TrySetResult();
            await Ended.Task;
            await Locked(() => Data.Records[session.Key] = update.Record!, cancellationToken);
        }

        return update;
    }

    public override async ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default)
    {
        await Waiting.Task;
        bool ended = await base.DeleteAsync(session, cancellationToken);
        Ended.TrySetResult();
        return ended;
    }

    public override async ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        await Waiting.Task;
        long ended = await base.DeleteActiveSessionsAsync(userId, except, cancellationToken);
        Ended.TrySetResult();
        return ended;
    }
}

/// <summary>Looks for the record, waits, and stores: of rivals under one key all win.</summary>
internal sealed class CreatesWithoutALock(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private readonly Gate _gate = new(2);

    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        var standing = await Locked(() => Read(session.Key), cancellationToken);
        await _gate.ArriveAsync();
        if (standing is not null)
        {
            return standing.IsSameCreation(session) ? SessionCreation.Created() : SessionCreation.Exists;
        }

        await Locked(() => Data.Records[session.Key] = session, cancellationToken);
        return SessionCreation.Created();
    }
}

/// <summary>Writes one field after the other. The first writer waits with half of its change until somebody has read.</summary>
internal sealed class WritesFieldByField(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private TaskCompletionSource HalfWritten => Data.Signal(nameof(HalfWritten));

    private TaskCompletionSource HasBeenRead => Data.Signal(nameof(HasBeenRead));

    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        var update = SessionUpdate.Gone;
        foreach (var field in change.Set!)
        {
            update = await base.UpdateAsync(session, new SessionChange { Set = SessionFields.Create([field]) }, cancellationToken);
            HalfWritten.TrySetResult();
            await HasBeenRead.Task;
        }

        return update;
    }

    protected override SessionRecord? Read(SessionKey key)
    {
        if (HalfWritten.Task.IsCompleted)
        {
            HasBeenRead.TrySetResult();
        }

        return base.Read(key);
    }
}

/// <summary>Says that all have ended when one has not.</summary>
internal sealed class AcknowledgesTooEarly(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteActive(string userId, SessionKey? except)
    {
        var sessions = List(userId).Where(record => record.Key != except).ToList();
        EndAll(sessions.Skip(1));
        return sessions.Count;
    }
}

/// <summary>Two callers may both be told that they ended the session.</summary>
internal sealed class EndsTwice(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private readonly Gate _gate = new(2);

    public override async ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default)
    {
        bool live = await Locked(() => Read(session.Key) is not null, cancellationToken);
        await _gate.ArriveAsync();
        await base.DeleteAsync(session, cancellationToken);
        return live;
    }
}
