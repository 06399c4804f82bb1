namespace Sact.Session;

/// <summary>How the latest cleanup of a registration ended. The health check reads it.</summary>
internal sealed class CleanupState
{
    private volatile Failure? _failure;

    /// <summary>The first of the failures since a cleanup succeeded; null if the latest one succeeded, or if none was tried.</summary>
    public Failure? FailedSince => _failure;

    public void Succeeded() => _failure = null;

    public void Failed(DateTimeOffset at, Exception fault) => _failure ??= new Failure(at, fault);

    /// <summary>When and why a cleanup failed.</summary>
    public sealed record Failure(DateTimeOffset At, Exception Fault);
}
