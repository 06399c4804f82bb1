namespace Sact.Session;

/// <summary>
/// A store could not answer: it is down, full, too slow or refuses. Unhandled it becomes a 503 (<c>app.UseSactSession()</c>): a session that cannot
/// be read is an error, never "signed out". Its message never carries a secret; the provider's own exception is inside.
/// </summary>
public class SessionStoreException : Exception
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public SessionStoreException()
        : this("The session store could not answer.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed and what would mend it; no secret, no password, no session id.</param>
    public SessionStoreException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception around the provider's.</summary>
    /// <param name="message">What failed and what would mend it; no secret, no password, no session id.</param>
    /// <param name="innerException">The provider's exception.</param>
    public SessionStoreException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception around the provider's, saying whether the write may have happened.</summary>
    /// <param name="message">What failed and what would mend it; no secret, no password, no session id.</param>
    /// <param name="innerException">The provider's exception.</param>
    /// <param name="outcomeUnknown">True if the write may have happened all the same.</param>
    public SessionStoreException(string message, Exception? innerException, bool outcomeUnknown)
        : base(message, innerException) => OutcomeUnknown = outcomeUnknown;

    /// <summary>
    /// True if the operation was a write that may have happened. A change must not be repeated blindly then; creating and ending may be, since
    /// both are idempotent.
    /// </summary>
    public bool OutcomeUnknown { get; }
}
