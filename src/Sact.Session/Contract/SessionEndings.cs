namespace Sact.Session.Stores;

/// <summary>
/// Reports within this process which sessions of a store may have ended. It costs one read of a field while nobody listens.
/// </summary>
internal sealed class SessionEndings
{
    /// <summary>Receives the key of a session that may have ended; null for any. It returns at once and never throws.</summary>
    public event Action<SessionKey?>? Reported;

    public void Report(SessionKey? key) => Reported?.Invoke(key);

    /// <summary>Reports a session whose id was replaced at once: whoever uses the old id is signed out.</summary>
    public void ReportIfReplaced(SessionRecord before, SessionRecord after)
    {
        if (before.Generation != after.Generation)
        {
            Report(after.Key);
        }
    }
}
