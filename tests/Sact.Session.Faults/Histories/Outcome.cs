namespace Sact.Session.Faults;

/// <summary>How an operation came back to the browser.</summary>
public enum Outcome
{
    /// <summary>Acknowledged. A read has found the session; a write is in the store.</summary>
    Done,

    /// <summary>Answered: there is no such session.</summary>
    Absent,

    /// <summary>A fault of the store, and nothing was written.</summary>
    Failed,

    /// <summary>A fault of the store whose outcome is unknown, or the process has died.</summary>
    Unknown,

    /// <summary>What must never happen: another kind of exception, or no answer at all.</summary>
    Broken,
}
