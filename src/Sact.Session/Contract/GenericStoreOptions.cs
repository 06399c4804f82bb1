using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>What every store needs to be told. Read once, when the store is made.</summary>
public class GenericStoreOptions
{
    /// <summary>
    /// The first part of every session key: keeps applications that share a store apart. 1 to 64 characters out of <c>a-z 0-9 _ . -</c>; default <c>session</c>.
    /// Changing it signs everybody out.
    /// </summary>
    public string Prefix { get; set; } = "session";

    /// <summary>
    /// What the routing tag of a user's sessions is computed with, beside the user id; null (default): the prefix. Set a secret one where a key must not tell that two sessions may be
    /// of one user. Changing it later moves only where new sessions are kept; a store that finds a user's sessions by it (Redis) refuses to work with another one until all sessions have been ended.
    /// </summary>
    public string? RoutingKey { get; set; }

    /// <summary>The clock that decides what has expired; null (default): the one in dependency injection, else the system's.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Where the store logs; null (default): the factory in dependency injection, else nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
