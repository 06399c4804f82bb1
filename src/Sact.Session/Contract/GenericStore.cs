using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sact.Session.Stores;

/// <summary>
/// The base class of a store. It makes ids and keys from <see cref="GenericStoreOptions"/> and checks arguments; the derived class keeps
/// the records.
/// </summary>
public abstract class GenericStore : IGenericStore
{
    private readonly byte[] _routing;
    private readonly DestructionClock _destruction;

    /// <summary>Reads the options.</summary>
    /// <param name="options">Prefix, routing key, clock and log.</param>
    /// <exception cref="ArgumentException">The prefix is invalid, or the routing key is empty or not well-formed.</exception>
    protected GenericStore(GenericStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!SessionKey.IsValidPrefix(options.Prefix))
        {
            throw new ArgumentException(
                $"The prefix '{options.Prefix}' is invalid. A prefix must have 1 to 64 characters out of a-z, 0-9, '_', '.' and '-'. "
                + "Set GenericStoreOptions.Prefix to such a name.",
                nameof(options));
        }

        if (options.RoutingKey is { } key && (key.Length == 0 || !UnicodeRule.IsWellFormed(key)))
        {
            throw new ArgumentException(
                "The routing key is empty or has a lone surrogate. It must be a well-formed string of at least one character. "
                + "Set GenericStoreOptions.RoutingKey to such a string, or leave it null.",
                nameof(options));
        }

        Prefix = options.Prefix;
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
    /// The time by which a cleanup decides what may be destroyed (<see cref="SessionRecord.MayBeDestroyed"/>). It is never ahead of the
    /// wall clock.
    /// </summary>
    /// <remarks>
    /// A jump of the wall clock by more than <see cref="SessionRecord.SkewMargin"/> against the running time of this process is logged. A
    /// jump forwards counts only after the process has run for 24 hours more, so that a corrected clock finds every live session.
    /// </remarks>
    protected DateTimeOffset DestructionTime => _destruction.Now;

    /// <summary>Which sessions may have ended, for the open connections of this process.</summary>
    internal SessionEndings Endings { get; } = new();

    /// <summary>The store's logger. Log session keys only, never an id or a value. It swallows the exceptions of log providers.</summary>
    protected ILogger Logger { get; }

    /// <inheritdoc/>
    public virtual string CreateSessionId(string? userId = null)
    {
        if (userId is not null)
        {
            ThrowIfBadUserId(userId);
        }

        return SessionIdFormat.Mint(_routing, userId);
    }

    /// <inheritdoc/>
    public SessionKey GetSessionKey(string sessionId)
    {
        Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
        SessionIdFormat.Decode(sessionId, id);
        return KeyOf(id);
    }

    internal SessionKey KeyOf(ReadOnlySpan<byte> id) => new(Prefix, id[..SessionIdFormat.KeyPartBytes]);

    /// <inheritdoc/>
    public string GetReferenceKey(string userId)
    {
        ThrowIfBadUserId(userId);
        return $"{Prefix}:user_id:{userId}";
    }

    /// <inheritdoc/>
    public abstract ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<long> ClearAsync(CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Tells whether a key can be of this store.</summary>
    /// <param name="key">The key.</param>
    /// <returns>False if the key has another prefix: this store never finds such a session.</returns>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    protected bool Owns(SessionKey key)
    {
        SessionKey.ThrowIfDefault(key, nameof(key));
        return string.Equals(key.Prefix, Prefix, StringComparison.Ordinal);
    }

    /// <summary>
    /// Reports that a session may have ended, so that its open connections in this process are looked at now. <see cref="RecordStore"/>
    /// reports every end but that of <see cref="ClearAsync"/>.
    /// </summary>
    /// <param name="key">The session's key; null for any session.</param>
    protected void ReportEnded(SessionKey? key) => Endings.Report(key);

    /// <summary>Refuses an invalid user id.</summary>
    /// <param name="userId">1 to 256 UTF-8 bytes of well-formed Unicode, without NUL.</param>
    /// <exception cref="ArgumentException">The user id is null or invalid. The message does not repeat it.</exception>
    protected static void ThrowIfBadUserId(string userId) => UserIdRule.ThrowIfBroken(userId, nameof(userId));

    /// <summary>Refuses invalid arguments of <see cref="DeleteActiveSessionsAsync"/>.</summary>
    /// <param name="userId">1 to 256 UTF-8 bytes of well-formed Unicode, without NUL.</param>
    /// <param name="except">The session to keep; null for none.</param>
    /// <exception cref="ArgumentException">
    /// The user id is null or invalid, or <paramref name="except"/> is <c>default(SessionKey)</c>.
    /// </exception>
    protected static void ThrowIfBadEnding(string userId, SessionKey? except)
    {
        ThrowIfBadUserId(userId);
        if (except is { } key)
        {
            SessionKey.ThrowIfDefault(key, nameof(except));
        }
    }

    /// <summary>Refuses a record that cannot be created here: it contradicts itself, or its key has another prefix.</summary>
    /// <param name="session">The new record.</param>
    /// <exception cref="ArgumentException">The record cannot be created here.</exception>
    protected void ThrowIfNotCreatable(SessionRecord session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (SessionRecord.Validate(session) is { } error)
        {
            throw new ArgumentException(error, nameof(session));
        }

        if (!Owns(session.Key))
        {
            throw new ArgumentException(
                $"The record's key has the prefix '{session.Key.Prefix}', and this store's prefix is '{Prefix}'. "
                + "Make the session id with this store's CreateSessionId.",
                nameof(session));
        }
    }

    /// <summary>
    /// Refuses a change that contradicts itself. <see cref="SessionRecord.Apply"/> does this too; a store that does not call it calls this.
    /// </summary>
    /// <param name="change">The change.</param>
    /// <exception cref="ArgumentException">
    /// The change raises the level without a renewal of the kind <see cref="SessionRenewalKind.Replace"/>.
    /// </exception>
    protected static void ThrowIfBadChange(SessionChange change) => SessionChange.ThrowIfBroken(change, nameof(change));

    /// <summary>
    /// Refuses a record that a newer version of this library wrote. Call it before a record is returned or changed, and not before it is
    /// ended or counted.
    /// </summary>
    /// <param name="format">The stored <see cref="SessionRecord.Format"/>.</param>
    /// <exception cref="SessionStoreException">The format is above <see cref="SessionRecord.CurrentFormat"/>.</exception>
    protected static void ThrowIfNewerFormat(long format)
    {
        if (format > SessionRecord.CurrentFormat)
        {
            throw NewerFormat(format);
        }
    }

    internal static SessionStoreException NewerFormat(long format) => new(
        $"A session is stored in format {format}. This version of Sact.Session reads formats up to {SessionRecord.CurrentFormat}. "
        + "Update Sact.Session on this machine.");

    /// <summary>
    /// Logs that a stored record cannot be read (event 25). The store then treats the session as absent and leaves the record as it is.
    /// </summary>
    /// <param name="key">The key as it is stored. It is logged only if it is a session key.</param>
    /// <param name="exception">What is wrong with the record. It must hold no secret.</param>
    protected void LogUnreadable(string? key, Exception exception) =>
        StoreLog.Unreadable(Logger, SessionKey.TryParse(key, null, out var parsed) ? parsed.ToString() : "(no key)", exception);
}
