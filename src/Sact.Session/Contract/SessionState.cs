namespace Sact.Session;

/// <summary>The three states of a live session. Only <see cref="SignedIn"/> is ever a user.</summary>
public enum SessionState
{
    /// <summary>A visitor who has not signed in: data without a user.</summary>
    Anonymous = 0,

    /// <summary>A half-finished sign-in: the user is named, a further factor is still to come. Never a user to anything.</summary>
    Pending = 1,

    /// <summary>A user is signed in.</summary>
    SignedIn = 2,
}
