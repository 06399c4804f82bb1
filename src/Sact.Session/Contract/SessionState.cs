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
}
