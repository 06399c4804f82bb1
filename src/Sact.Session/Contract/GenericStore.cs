using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sact.Session.Stores;

/// <summary>The base of a store: it makes ids and names from <see cref="GenericStoreOptions"/>, and leaves the keeping of records to the derived class.</summary>
public abstract class GenericStore : IGenericStore
{
    private readonly byte[] _routing;
    private readonly DestructionClock _destruction;

    /// <summary>Reads the options.</summary>
    /// <param name="options">Prefix, routing key, clock and log.</param>
    /// <exception cref="ArgumentException">The prefix breaks its rule, or the routing key is empty or ill-formed.</exception>
    protected GenericStore(GenericStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!SessionKey.IsValidPrefix(options.Prefix))
        {
            throw new ArgumentException("Prefix has 1 to 64 characters out of a-z, 0-9, '_', '.' and '-'. Set GenericStoreOptions.Prefix accordingly.", nameof(options));
        }

        if (options.RoutingKey is { } key && (key.Length == 0 || !SessionFieldRule.IsWellFormed(key)))
        {
            throw new ArgumentException("RoutingKey is well-formed text of at least one character. Set GenericStoreOptions.RoutingKey accordingly, or leave it null.", nameof(options));
        }

        Prefix = string.Intern(options.Prefix);
        _routing = SessionIdFormat.RoutingSeed(options.RoutingKey ?? options.Prefix);
        Clock = options.TimeProvider ?? TimeProvider.System;
        Logger = new SafeLogger((options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger(GetType()));
        _destruction = new DestructionClock(Clock, Logger);
    }

    /// <summary>The first part of every key of this store.</summary>
    public string Prefix { get; }

    /// <summary>The clock that decides what has expired.</summary>
    protected TimeProvider Clock { get; }

    /// <summary>
    /// The time by which a sweep judges what may be destroyed (<see cref="SessionRecord.MayBeDestroyed"/>); null while the wall clock and the running time of this process differ by more than
    /// <see cref="SessionRecord.SkewMargin"/>, which is logged once: nothing is destroyed then. A clock that stays where it jumped to is believed after 24 hours.
    /// </summary>
    protected DateTimeOffset? DestructionTime => _destruction.Now;

    /// <summary>Where the store logs; keys only, never an id or a value. A logger that throws is not heard of here.</summary>
    protected ILogger Logger { get; }

    /// <inheritdoc/>
    public virtual string CreateSessionId(string? userId = null)
    {
        if (userId is not null)
        {
            SessionFieldRule.ThrowIfBadUserId(userId, nameof(userId));
        }

        return SessionIdFormat.Mint(_routing, userId);
    }

    /// <inheritdoc/>
    public SessionKey GetSessionKey(string sessionId)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
        return SessionIdFormat.TryDecode(sessionId, id)
            ? new SessionKey(Prefix, id[..SessionIdFormat.KeyPartBytes])
            : throw new ArgumentException("A session id has exactly 56 base64url characters, without padding. Take it from CreateSessionId or from the session cookie.", nameof(sessionId));
    }

    internal SessionKey KeyOf(ReadOnlySpan<byte> id) => new(Prefix, id[..SessionIdFormat.KeyPartBytes]);

    /// <inheritdoc/>
    public string GetReferenceKey(string userId)
    {
        SessionFieldRule.ThrowIfBadUserId(userId, nameof(userId));
        return $"{Prefix}:user_id:{userId}";
    }

    /// <inheritdoc/>
    public abstract ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<long> ClearAsync(CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Whether a key can be this store's: refuses <c>default</c>; false for another prefix, whose sessions are never found here.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    protected bool Owns(SessionKey key) => key.IsDefault
        ? throw new ArgumentException("A default SessionKey names no session.", nameof(key))
        : string.Equals(key.Prefix, Prefix, StringComparison.Ordinal);

    /// <summary>Refuses a user id that breaks its rules.</summary>
    /// <param name="userId">1 to 256 UTF-8 bytes of well-formed text, without NUL.</param>
    /// <exception cref="ArgumentException">It breaks them.</exception>
    protected static void ThrowIfBadUserId(string userId) => SessionFieldRule.ThrowIfBadUserId(userId, nameof(userId));

    /// <summary>Refuses a record that cannot be created here: it contradicts itself, or its key has another prefix.</summary>
    /// <param name="session">The new record.</param>
    /// <exception cref="ArgumentException">It cannot be created here.</exception>
    protected void ThrowIfNotCreatable(SessionRecord session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (SessionRecord.Validate(session) is { } fault)
        {
            throw new ArgumentException(fault, nameof(session));
        }

        if (!Owns(session.Key))
        {
            throw new ArgumentException($"The record's key has another prefix than this store's '{Prefix}'. Make the id with this store's CreateSessionId.", nameof(session));
        }
    }
}
