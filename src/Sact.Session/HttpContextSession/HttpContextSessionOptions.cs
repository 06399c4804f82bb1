namespace Sact.Session;

/// <summary>The options of <c>HttpContext.Session</c> (<c>AddHttpContextSession()</c>).</summary>
public sealed class HttpContextSessionOptions
{
    /// <summary>
    /// Whether a sign-in keeps the values of <c>HttpContext.Session</c>: those of the verified anonymous session that it ends, and those
    /// that the same request has set before. Default false: a sign-in inherits nothing (OWASP Session Management, "Renew the session ID
    /// after any privilege level change"; ASVS 5.0 V7.2.4).
    /// </summary>
    /// <remarks>
    /// True lets a basket follow its owner. It also lets whoever planted an anonymous session in a browser choose the values that its next
    /// user finds there (content fixation): do not trust values that were kept, such as a delivery address or a return URL. The values of a
    /// signed-in session never move to another session.
    /// </remarks>
    public bool KeepAtSignIn { get; set; }
}
