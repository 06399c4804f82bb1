using System.Text.Json;

namespace Sact.Session;

/// <summary>The options after they were validated, in the form that a request needs. They cannot change.</summary>
internal sealed class SessionSettings
{
    private readonly TimeSpan _touchInterval;
    private readonly bool _sealsLater;

    public SessionSettings(SactSessionOptions options)
    {
        SignInTerms = new(
            SessionState.SignedIn, 1, new SessionLifetimes(
                options.IdleTimeout, options.FirstUseTimeout, options.AbsoluteTimeout), options.IsPersistent);
        AnonymousTerms = new(
            SessionState.Anonymous,
            0,
            new SessionLifetimes(
                Shorter(options.AnonymousIdleTimeout, options.IdleTimeout), options.FirstUseTimeout, options.AbsoluteTimeout),
            options.IsPersistent)
        {
            IdleTimeoutOption = options.AnonymousIdleTimeout <= options.IdleTimeout
                ? nameof(SactSessionOptions.AnonymousIdleTimeout)
                : nameof(SactSessionOptions.IdleTimeout),
        };
        var pending = options.PendingTimeout;
        PendingTerms = new(SessionState.Pending, 1, new SessionLifetimes(pending, pending, pending), IsPersistent: false)
        {
            IdleTimeoutOption = nameof(SactSessionOptions.PendingTimeout),
            AbsoluteTimeoutOption = nameof(SactSessionOptions.PendingTimeout),
        };
        IsIdleTimeoutChosen = options.IsIdleTimeoutChosen;
        _touchInterval = options.TouchInterval ?? Shorter(options.IdleTimeout / 20, TimeSpan.FromMinutes(15));
        RenewalGrace = options.RenewalGrace;
        ReplayMargin = options.ReplayMargin;
        Cap = options.MaxSessionsPerUser is { } max ? new SessionCap(max, options.MaxSessionsPolicy) : null;
        CaptureClient = options.CaptureClient;
        MaxRecordBytes = options.MaxRecordBytes;
        StoreTimeout = options.StoreTimeout;
        WatchInterval = options.WatchInterval;
        ClearSiteDataOnSignOut = options.ClearSiteDataOnSignOut;
        KeptAtSignIn = options.KeptAtSignIn;
        SealMetadata = options.SealMetadata;
        _sealsLater = options.KeepsSealedFields;
        Json = SessionJson.Complete(options.SerializerOptions);
    }

    /// <summary>The terms of a sign-in that sets no options, and the maximum for one that does.</summary>
    public SessionTerms SignInTerms { get; }

    public SessionTerms AnonymousTerms { get; }

    public SessionTerms PendingTerms { get; }

    /// <summary>Whether the application has set <see cref="SactSessionOptions.IdleTimeout"/>.</summary>
    public bool IsIdleTimeoutChosen { get; }

    public TimeSpan RenewalGrace { get; }

    public TimeSpan ReplayMargin { get; }

    public SessionCap? Cap { get; }

    public bool CaptureClient { get; }

    public int MaxRecordBytes { get; }

    public TimeSpan StoreTimeout { get; }

    public TimeSpan WatchInterval { get; }

    public bool ClearSiteDataOnSignOut { get; }

    public string? KeptAtSignIn { get; }

    public bool SealMetadata { get; }

    public JsonSerializerOptions Json { get; }

    /// <summary>
    /// Whether a new session needs a data key, which takes 32 bytes: now, or later for a feature of the application. The memory store has
    /// no files, and keeps objects.
    /// </summary>
    public bool NeedsKey(IGenericStore store, SessionFields fields) => store is not MemoryStore
        && (SealMetadata || _sealsLater || fields.Any(static field => SealedFields.Covers(field.Key, metadata: false)));

    /// <summary>The terms of a sign-in with these options; null for none.</summary>
    public SessionTerms SignInTermsFor(SessionSignInOptions? options, string parameter) =>
        options is null ? SignInTerms : SessionTerms.Of(options, SignInTerms, parameter);

    /// <summary>Whether "last seen" must be written.</summary>
    public bool IsTouchDue(SessionRecord record, DateTimeOffset now) =>
        !record.Presented || now - record.LastSeenAt >= TouchIntervalOf(record);

    /// <summary>
    /// How long "last seen" of a session is enough. A store gets it with each touch, so that parallel requests of one session write once.
    /// </summary>
    public TimeSpan TouchIntervalOf(SessionRecord record)
    {
        var idle = record.Lifetimes.IdleTimeout;
        return idle < SignInTerms.Lifetimes.IdleTimeout ? Shorter(_touchInterval, idle / 20) : _touchInterval;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
