namespace Sact.Session;

/// <summary>Whom a full <see cref="SessionCap"/> ends.</summary>
public enum SessionCapPolicy
{
    /// <summary>The session whose last visit is longest ago.</summary>
    EndLeastRecentlyUsed = 0,

    /// <summary>The session that was created first.</summary>
    EndOldest = 1,

    /// <summary>Nobody: the new sign-in is refused.</summary>
    Refuse = 2,
}
