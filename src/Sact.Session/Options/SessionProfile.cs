namespace Sact.Session;

/// <summary>A published set of rules for sessions, for <see cref="SactSessionOptions.UseProfile"/>.</summary>
public enum SessionProfile
{
    /// <summary>
    /// NIST SP 800-63B-4, authenticator assurance level 2: at most 1 hour without use and 24 hours in all (section 2.2.3).
    /// </summary>
    NistAal2 = 2,

    /// <summary>
    /// NIST SP 800-63B-4, authenticator assurance level 3: at most 15 minutes without use and 12 hours in all (section 2.3.3).
    /// </summary>
    NistAal3 = 3,
}
