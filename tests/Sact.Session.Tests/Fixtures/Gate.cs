namespace Sact.Session.Tests;

/// <summary>Holds whoever passes until it is opened, and tells when somebody stands before it. For races that are proven, not hoped for.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when somebody stands before the gate.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Stands before the gate until it is opened.</summary>
    public async ValueTask PassAsync()
    {
        _reached.TrySetResult();
        await _opened.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public void Open() => _opened.TrySetResult();
}
