using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>The options of every store. A store reads them once, when it is created.</summary>
public class GenericStoreOptions
{
    /// <summary>
    /// The first part of every session key, which separates applications that share a store. 1 to 64 characters out of
    /// <c>a-z 0-9 _ . -</c>. Default: the name of the application (<c>IHostEnvironment.ApplicationName</c>). A change signs every user out.
    /// </summary>
    /// <remarks>
    /// <para>Applications with different names accept none of each other's sessions over one database. Set the same prefix in applications
    /// that share sessions, and different prefixes for two deployments of one application over one database.</para>
    /// <para>A name with other characters, upper case included, or with more than 64, is mapped and gets a hash:
    /// <c>Shop.Web</c> becomes <c>shop.web-04e0c931</c>. A named registration has a prefix of its own.</para>
    /// <para>The default is <c>session</c> in the <see cref="MemoryStore"/>, which no other application reads, and in a store that is
    /// created without dependency injection, such as <c>new SqliteStore(options)</c>: set it there.</para>
    /// </remarks>
    public string Prefix
    {
        get;
        set
        {
            field = value;
            IsPrefixChosen = true;
        }
    } = "session";

    /// <summary>Whether <see cref="Prefix"/> was set.</summary>
    internal bool IsPrefixChosen { get; private set; }

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
