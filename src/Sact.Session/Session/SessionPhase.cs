namespace Sact.Session;

/// <summary>How far a request has come with its session.</summary>
internal enum SessionPhase : byte
{
    /// <summary>The cookie of the request was not read yet.</summary>
    Unread = 0,

    /// <summary>The request presented no well-formed session id, and no session has begun in it.</summary>
    None,

    /// <summary>The request presented an id that has not been verified.</summary>
    Presented,

    /// <summary>The presented id was verified. It stays verified for the request.</summary>
    Verified,

    /// <summary>A session began in this request, and its id was issued here.</summary>
    Issued,

    /// <summary>The request has ended its session.</summary>
    Ended,
}
