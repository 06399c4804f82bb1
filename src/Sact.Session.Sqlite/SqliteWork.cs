namespace Sact.Session;

/// <summary>One call that waits for the writer.</summary>
internal abstract class SqliteWork
{
    /// <summary>Whether it only reads, and so needs no transaction.</summary>
    public abstract bool IsRead { get; }

    /// <summary>False if the caller has given up: then it never begins. Once it has begun it is not cancelled.</summary>
    public abstract bool TryBegin();

    /// <summary>Does the work. It may be called again after a roll-back.</summary>
    public abstract void Run(SqliteWriter writer);

    /// <summary>Completes the call: its work is durable.</summary>
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

    public override void Run(SqliteWriter writer) => _answer = _work(writer);

    public override void Acknowledge() => _done.SetResult(_answer);

    public override void Fail(Exception fault, bool outcomeUnknown) =>
        _done.SetException(new SessionStoreException(
            $"SQLite refused a {(IsRead ? "read" : "write")}: {SqliteFaults.Explain(fault)}", fault, outcomeUnknown));

    private void GiveUp()
    {
        if (Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting)
        {
            _done.TrySetCanceled(_cancellationToken);
        }
    }
}
