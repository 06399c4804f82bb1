using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>The options of every store. A store reads them once, when it is created.</summary>
public class GenericStoreOptions
{
    /// <summary>
    /// The first part of every session key, which separates applications that share a store. 1 to 64 characters out of
    /// <c>a-z 0-9 _ . -</c>; default <c>session</c>. A change signs every user out.
    /// </summary>
    public string Prefix { get; set; } = "session";

    /// <summary>
    /// The secret that a user's routing tag is computed with, besides the user id; null (default) for the prefix. Set it if a key must not
    /// reveal that two sessions may belong to one user.
    /// </summary>
    /// <remarks>
    /// A later change only affects where new sessions are kept. A store that finds a user's sessions by the tag (Redis) refuses to work
    /// with another value until all sessions have ended.
    /// </remarks>
    public string? RoutingKey { get; set; }

    /// <summary>
    /// The clock that decides what has expired; null (default) for the one in dependency injection, or else the system's.
    /// </summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>The factory of the store's logger; null (default) for the one in dependency injection, or else for no log.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
