namespace Sact.Session;

/// <summary>The kinds of events in the time line of a session, in the order in which they can happen at one time.</summary>
public enum SessionTimelineEvent
{
    /// <summary>The session began.</summary>
    Began = 0,

    /// <summary>The user authenticated again, or with a further factor.</summary>
    Raised = 1,

    /// <summary>A step of renewal: a new id was sent, or it came back.</summary>
    Renewed = 2,

    /// <summary>A request presented an id of the session that is not valid. The detail says why.</summary>
    Refused = 3,

    /// <summary>The session was last seen.</summary>
    LastSeen = 4,

    /// <summary>"Last seen" could not be written.</summary>
    TouchFailed = 5,

    /// <summary>The session ended. The detail says why.</summary>
    Ended = 6,
}
