namespace Sact.Session.Tests;

/// <summary>Holds a caller until it is opened, and signals when a caller has reached it. It makes races deterministic.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a caller has reached the gate.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Waits at the gate until it is opened.</summary>
    public async ValueTask PassAsync()
    {
        _reached.TrySetResult();
        await _opened.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public void Open() => _opened.TrySetResult();
}
