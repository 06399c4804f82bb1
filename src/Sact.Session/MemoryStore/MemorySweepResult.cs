namespace Sact.Session;

/// <summary>What an attempt to destroy expired records came to.</summary>
internal enum MemorySweepResult
{
    /// <summary>There was nothing to destroy.</summary>
    Nothing,

    /// <summary>At least one record was destroyed.</summary>
    Destroyed,

    /// <summary>Another thread destroys expired records at this moment.</summary>
    Busy,
}
