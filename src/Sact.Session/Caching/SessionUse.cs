namespace Sact.Session;

/// <summary>What a response used of the session, as far as caches are concerned.</summary>
[Flags]
internal enum SessionUse : byte
{
    None = 0,

    /// <summary>The session was used, perhaps without finding a user.</summary>
    ReadCookie = 1,

    /// <summary>A session's data was read.</summary>
    ReadUser = 2,

    /// <summary>A secret is in the response.</summary>
    SendSecret = 4,

    /// <summary>Somebody signed out, and the browser removes the pages that it keeps.</summary>
    ClearBrowserCache = 8,
}
