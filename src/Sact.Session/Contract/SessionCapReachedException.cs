namespace Sact.Session;

/// <summary>
/// A sign-in was refused: the user has as many sessions as <c>MaxSessionsPerUser</c> allows, and the policy is
/// <see cref="SessionCapPolicy.Refuse"/>. Nobody was signed in, and none of the user's sessions ended. Tell the user to sign out on
/// another device.
/// </summary>
public sealed class SessionCapReachedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SessionCapReachedException()
        : base("The user has as many sessions as MaxSessionsPerUser allows, and MaxSessionsPolicy refuses another one. "
            + "Catch this exception around the sign-in, and tell the user to sign out on another device.")
    {
    }
}
