namespace Sact.Session.Stores;

/// <summary>A change of one caller, until its outcome is known.</summary>
internal sealed class WaitingChange(SessionRecord session, SessionChange change)
{
    // The caller goes on elsewhere: it must not run inside the write of another request.
    private readonly TaskCompletionSource<IReadOnlyList<WaitingChange>?> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The newest record of the session that is known here. The store had it.</summary>
    public SessionRecord Session { get; private set; } = session;

    public SessionChange Change => change;

    /// <summary>Changes of the same session join. One of another lineage under the same key is another session.</summary>
    public (SessionKey, SecretHash) Name => (Session.Key, Session.LineageHash);

    /// <summary>The outcome, once the write has ended.</summary>
    public SessionUpdate Outcome { get; set; }

    /// <summary>The changes that the caller has to write now; null if another caller has written its change.</summary>
    public Task<IReadOnlyList<WaitingChange>?> Turn => _turn.Task;

    /// <summary>Takes over what the write before has stored: with the caller's older record, the next write would lose a race.</summary>
    public void Learn(SessionRecord stored) => Session = stored.Version > Session.Version ? stored : Session;

    /// <summary>Lets the caller write these changes, of which its own is one.</summary>
    public void Write(IReadOnlyList<WaitingChange> changes) => _turn.TrySetResult(changes);

    /// <summary>Lets the caller know that its change was written.</summary>
    public void Finish() => _turn.TrySetResult(null);

    /// <summary>Lets the caller know that the write of its change failed.</summary>
    public void Fail(Exception exception) => _turn.TrySetException(exception);
}
