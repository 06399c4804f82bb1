namespace Sact.Session;

/// <summary>How <c>HttpContext.Session</c> lives in the session (<c>AddHttpContextSession()</c>).</summary>
public sealed class HttpContextSessionOptions
{
    /// <summary>
    /// Whether a sign-in keeps what <c>HttpContext.Session</c> holds: what the verified anonymous session that it ends has in store, and what the same request has set before. Default false: a sign-in inherits
    /// nothing (OWASP Session Management, "Renew the session ID after any privilege level change"; ASVS 5.0 V7.2.4). True lets a basket follow its owner, and lets whoever planted an anonymous session in a browser
    /// decide what its next user finds there (content fixation): trust nothing kept this way, such as an address to deliver to or a page to return to. What a signed-in session holds never goes over to another.
    /// </summary>
    public bool KeepAtSignIn { get; set; }
}
