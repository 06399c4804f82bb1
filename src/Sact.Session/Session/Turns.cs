namespace Sact.Session;

/// <summary>Lets one caller in at a time, and costs nothing until two come at once: only then there is a semaphore. A field, never copied.</summary>
internal struct Turns
{
    private static readonly object s_taken = new();

    // Null: free. The mark: taken, and nobody has ever waited. A semaphore from then on.
    private object? _state;

    public bool TryTake() => Interlocked.CompareExchange(ref _state, s_taken, null) is null;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            object? state = Interlocked.CompareExchange(ref _state, s_taken, null);
            switch (state)
            {
                case null:
                    return Task.CompletedTask;
                case SemaphoreSlim semaphore:
                    return semaphore.WaitAsync(cancellationToken);
            }

            // Whoever has the turn gives it to the semaphore.
            var made = new SemaphoreSlim(0, 1);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _state, made, s_taken), s_taken))
            {
                return made.WaitAsync(cancellationToken);
            }
        }
    }

    public void Give()
    {
        if (Interlocked.CompareExchange(ref _state, null, s_taken) is SemaphoreSlim semaphore)
        {
            semaphore.Release();
        }
    }
}

/// <summary>The right to use a session's state until it is disposed of. Outside of the generic class, in which each of them would be looked up at run time.</summary>
internal readonly struct Turn(IReservedSession session) : IDisposable
{
    public void Dispose() => session.GiveTurn();
}
