namespace Sact.Session.Stores;

/// <summary>The outcomes of <see cref="IGenericStore.CreateAsync"/>.</summary>
public enum SessionCreationStatus
{
    /// <summary>The value of <c>default</c>. No store returns it; the core treats it as an error of the store.</summary>
    None = 0,

    /// <summary>The record is stored. Also the answer if this very record was stored before (a retry).</summary>
    Created = 1,

    /// <summary>Another live record has the key. Nothing was written.</summary>
    Exists = 2,

    /// <summary>
    /// The user has as many sessions as the cap allows, and its policy refuses. Nothing was written, and no session ended.
    /// </summary>
    CapReached = 3,
}
