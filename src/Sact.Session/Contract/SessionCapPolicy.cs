namespace Sact.Session;

/// <summary>Which session of a user ends when the user signs in at the limit of parallel sessions.</summary>
public enum SessionCapPolicy
{
    /// <summary>The session that was last seen longest ago.</summary>
    EndLeastRecentlyUsed = 0,

    /// <summary>The session that was created first.</summary>
    EndOldest = 1,

    /// <summary>None: the new sign-in is refused.</summary>
    Refuse = 2,
}
