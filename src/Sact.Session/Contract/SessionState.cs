namespace Sact.Session;

/// <summary>The states of a live session. Only <see cref="SignedIn"/> is ever a user.</summary>
public enum SessionState
{
    /// <summary>A visitor who has not signed in: data without a user.</summary>
    Anonymous = 0,

    /// <summary>A sign-in that still needs a further factor. The session names the user, but it authenticates nobody yet.</summary>
    Pending = 1,

    /// <summary>A user is signed in.</summary>
    SignedIn = 2,

    /// <summary>
    /// No session, but a note of the library that a store keeps like one, such as the alias by which an identity provider ends a session.
    /// No cookie leads to it. A store neither counts it as a session nor ends it under a cap. The end of all sessions spares one without a
    /// user.
    /// </summary>
    Note = 4,
}
