namespace Sact.Session.Faults;

/// <summary>What a browser does with its session.</summary>
public enum Verb
{
    /// <summary>Signs in. The session that the cookie presents ends.</summary>
    SignIn,

    /// <summary>Reads the session. This is where a session counts as accepted.</summary>
    Read,

    /// <summary>Sets a field that no other client writes to a value that occurs once in a history.</summary>
    Update,

    /// <summary>Adds one to the counter that all clients of the session share.</summary>
    Increment,

    /// <summary>Renews the session id.</summary>
    Renew,

    /// <summary>Signs out.</summary>
    SignOut,

    /// <summary>Ends the other sessions of the user.</summary>
    EndOthers,

    /// <summary>Ends all sessions of the user.</summary>
    EndAll,

    /// <summary>Lists the sessions of the user.</summary>
    List,
}
