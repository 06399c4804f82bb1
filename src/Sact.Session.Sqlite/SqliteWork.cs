namespace Sact.Session;

/// <summary>One call that waits for the writer.</summary>
internal abstract class SqliteWork
{
    /// <summary>Whether it only reads, so that it needs no transaction.</summary>
    public abstract bool IsRead { get; }

    /// <summary>False if whoever waited has gone: then it never begins. Once it has begun it is not cancelled any more.</summary>
    public abstract bool TryBegin();

    /// <summary>Does the work; may be called again after a roll-back.</summary>
    public abstract void Run(SqliteWriter writer);

    /// <summary>What was done is durable.</summary>
    public abstract void Acknowledge();

    public abstract void Fail(Exception fault, bool outcomeUnknown);
}

internal sealed class SqliteWork<T> : SqliteWork
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int GivenUp = 2;

    private readonly Func<SqliteWriter, T> _work;
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _cancellation;
    private T _answer = default!;
    private Exception? _refusal;
    private int _state;

    public SqliteWork(Func<SqliteWriter, T> work, bool isRead, CancellationToken cancellationToken)
    {
        _work = work;
        IsRead = isRead;
        _cancellationToken = cancellationToken;
        _cancellation = cancellationToken.UnsafeRegister(static self => ((SqliteWork<T>)self!).GiveUp(), this);
    }

    public Task<T> Task => _done.Task;

    public override bool IsRead { get; }

    public override bool TryBegin()
    {
        _cancellation.Unregister();
        return Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;
    }

    public override void Run(SqliteWriter writer)
    {
        try
        {
            _refusal = null;
            _answer = _work(writer);
        }
        catch (Exception refusal) when (refusal is SessionStoreException or ArgumentException)
        {
            // Refused before anything was written, as a record of a newer format or a change that contradicts itself is; the others in the transaction go on.
            _refusal = refusal;
        }
    }

    public override void Acknowledge()
    {
        if (_refusal is not null)
        {
            _done.SetException(_refusal);
        }
        else
        {
            _done.SetResult(_answer);
        }
    }

    public override void Fail(Exception fault, bool outcomeUnknown) =>
        _done.SetException(new SessionStoreException($"SQLite refused a {(IsRead ? "read" : "write")}: {SqliteFaults.Tell(fault)}", fault, outcomeUnknown));

    private void GiveUp()
    {
        if (Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting)
        {
            _done.TrySetCanceled(_cancellationToken);
        }
    }
}
