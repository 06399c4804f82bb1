namespace Sact.Session;

/// <summary>
/// A session store did not answer: it is down, full, too slow, or refuses. Unhandled, it becomes status 503 behind
/// <c>app.UseSactSession()</c>: a session that cannot be read is an error, never "signed out". The message holds no secret and no user
/// id; the provider's own exception is the inner one.
/// </summary>
public class SessionStoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed and how to fix it. It must hold no secret, no session id and no user id.</param>
    public SessionStoreException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception around the provider's.</summary>
    /// <param name="message">What failed and how to fix it. It must hold no secret, no session id and no user id.</param>
    /// <param name="innerException">The provider's exception.</param>
    public SessionStoreException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception around the provider's, for a write whose outcome may be unknown.</summary>
    /// <param name="message">What failed and how to fix it. It must hold no secret, no session id and no user id.</param>
    /// <param name="innerException">The provider's exception.</param>
    /// <param name="outcomeUnknown">True if the write may have happened.</param>
    public SessionStoreException(string message, Exception? innerException, bool outcomeUnknown)
        : base(message, innerException) => OutcomeUnknown = outcomeUnknown;

    /// <summary>
    /// True if a write failed that may have happened all the same; default false. Do not repeat a change blindly then. A creation and an
    /// end may be repeated, since both are idempotent.
    /// </summary>
    public bool OutcomeUnknown { get; }
}
