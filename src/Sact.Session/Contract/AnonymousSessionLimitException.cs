namespace Sact.Session;

/// <summary>
/// An anonymous session was refused: as many as <c>MaxAnonymousSessionsPerMinute</c> allows have begun on this node. Nothing was stored.
/// Unhandled, it becomes status 503, as every <see cref="SessionStoreException"/> does. Catch it to serve the visitor without a session.
/// </summary>
public sealed class AnonymousSessionLimitException : SessionStoreException
{
    /// <summary>Creates the exception.</summary>
    public AnonymousSessionLimitException()
        : base("More anonymous sessions began than MaxAnonymousSessionsPerMinute allows, so this one was refused. "
            + "Limit the requests that begin one, or raise SactSessionOptions.MaxAnonymousSessionsPerMinute.")
    {
    }
}
