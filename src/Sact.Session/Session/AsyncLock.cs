namespace Sact.Session;

/// <summary>
/// An asynchronous lock that allocates nothing until two callers meet: only then is there a semaphore. Keep it in a field and never copy
/// it.
/// </summary>
internal struct AsyncLock
{
    private static readonly object s_held = new();

    // Null: free. The marker: held, and nobody has ever waited. A semaphore from then on.
    private object? _state;

    public bool TryEnter() => Interlocked.CompareExchange(ref _state, s_held, null) is null;

    public Task EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _state, s_held, null))
            {
                case null:
                    return Task.CompletedTask;
                case SemaphoreSlim semaphore:
                    return semaphore.WaitAsync(cancellationToken);
            }

            // The holder releases the semaphore when it leaves.
            var created = new SemaphoreSlim(0, 1);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _state, created, s_held), s_held))
            {
                return created.WaitAsync(cancellationToken);
            }
        }
    }

    public void Exit()
    {
        if (Interlocked.CompareExchange(ref _state, null, s_held) is SemaphoreSlim semaphore)
        {
            semaphore.Release();
        }
    }
}
