namespace Sact.Session;

/// <summary>What becomes of "last seen" of a session in a request.</summary>
internal enum SeenNote : byte
{
    /// <summary>A read writes it if it is due.</summary>
    Usual,

    /// <summary>A read has deferred it.</summary>
    Owed,

    /// <summary>The request does not extend the session.</summary>
    Never,
}
