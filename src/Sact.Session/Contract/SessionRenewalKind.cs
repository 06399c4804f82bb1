namespace Sact.Session.Stores;

/// <summary>The steps that a rotor can take.</summary>
public enum SessionRenewalKind
{
    /// <summary>A new rotor becomes <em>pending</em>: sent, but not yet seen. The current one stays valid.</summary>
    Propose = 0,

    /// <summary>
    /// The pending rotor arrived in a request: it becomes <em>current</em>, and the current one becomes <em>previous</em>.
    /// </summary>
    Promote = 1,

    /// <summary>
    /// A new rotor becomes <em>current</em> at once. Pending and previous are removed, and the generation increases by one.
    /// </summary>
    Replace = 2,
}
