namespace Sact.Session;

/// <summary>
/// A sign-in was refused because the user has as many sessions as <c>MaxSessionsPerUser</c> allows and the policy is <see cref="SessionCapPolicy.Refuse"/>. Nobody was signed in, and none of
/// the user's other sessions ended. Tell the user to sign out somewhere else.
/// </summary>
public sealed class SessionCapReachedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SessionCapReachedException()
        : this("The user has as many sessions as MaxSessionsPerUser allows, and MaxSessionsPolicy refuses another. Catch this exception around SetAsync and tell the user.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What was refused.</param>
    public SessionCapReachedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message around another.</summary>
    /// <param name="message">What was refused.</param>
    /// <param name="innerException">The cause.</param>
    public SessionCapReachedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
