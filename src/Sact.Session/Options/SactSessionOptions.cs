using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// The options of sessions. They are validated at start-up, and the message names the fix. They are read once, at the first use:
/// later changes have no effect.
/// </summary>
public sealed class SactSessionOptions
{
    /// <summary>
    /// The session cookie. Default: <c>__Host-sid</c>, Path <c>/</c>, Secure, HttpOnly, SameSite Lax, essential
    /// (ASVS 5.0 V3.3.1 to V3.3.4).
    /// Leave its <c>Expiration</c> and <c>MaxAge</c> unset: <see cref="IsPersistent"/> and <see cref="AbsoluteTimeout"/> decide them.
    /// Custom cookies take its attributes too.
    /// </summary>
    public CookieBuilder Cookie { get; set; } = new()
    {
        Name = "__Host-sid",
        Path = "/",
        SecurePolicy = CookieSecurePolicy.Always,
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        IsEssential = true,
    };

    /// <summary>
    /// Whether cookies outlive the browser. Default: false, as OWASP Session Management and NIST SP 800-63B-4 section 5.1 advise.
    /// False: the cookie has no Max-Age. True: its Max-Age is the remaining absolute time,
    /// so the next person at a shared computer is signed in.
    /// </summary>
    public bool IsPersistent { get; set; }

    /// <summary>
    /// How long a session lives after its last use (OWASP idle timeout, ASVS 5.0 V7.3.1). Default: 7 days.
    /// Range: 1 second to <see cref="AbsoluteTimeout"/>. A longer one gives a thief of a forgotten session more time.
    /// </summary>
    public TimeSpan IdleTimeout
    {
        get;
        set
        {
            field = value;
            IsIdleTimeoutChosen = true;
        }
    } = TimeSpan.FromDays(7);

    /// <summary>
    /// How long a session lives in all, counted from its creation (OWASP absolute timeout, ASVS 5.0 V7.3.2). Default: 28 days.
    /// Range: 1 second to 400 days, because browsers keep no cookie longer (RFC 6265bis section 5.5). Renewal does not extend it.
    /// </summary>
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromDays(28);

    /// <summary>
    /// How long a session lives until its cookie comes back for the first time. Default: 1 hour. Range: 1 second to 400 days.
    /// A login form that was submitted twice leaves a session that nobody uses; it expires this early.
    /// </summary>
    public TimeSpan FirstUseTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// The idle timeout of an anonymous session, if it is shorter than <see cref="IdleTimeout"/>. Default: 20 minutes.
    /// Range: 1 second to 400 days. A longer one keeps the sessions of visitors and robots in the store for longer.
    /// </summary>
    public TimeSpan AnonymousIdleTimeout { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>
    /// How long a pending sign-in may take in all, until
    /// <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/> completes it. Default: 10 minutes.
    /// Range: 1 second to 1 day. A longer one gives an attacker more time to guess a further factor.
    /// </summary>
    public TimeSpan PendingTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How often "last seen" is written at most, for each session: one write. Null (default): a twentieth of <see cref="IdleTimeout"/>,
    /// at most 15 minutes. Zero: with every request that reads the session. Range: zero to half of <see cref="IdleTimeout"/>.
    /// </summary>
    /// <remarks>
    /// "Last seen" may be this much too early, so a session may expire this much before its idle timeout.
    /// A session with a shorter idle timeout than <see cref="IdleTimeout"/> is written at least every twentieth of that.
    /// </remarks>
    public TimeSpan? TouchInterval { get; set; }

    /// <summary>
    /// How long an id stays valid after a renewal replaced it, for requests in flight. Default: 30 seconds. Range: 0 to 5 minutes.
    /// Zero refuses requests that were sent before the new cookie arrived.
    /// </summary>
    public TimeSpan RenewalGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long after a renewal the use of the replaced id counts as a replay, which ends the session. Default: 10 minutes.
    /// Range: more than <see cref="RenewalGrace"/>, at most 1 day. It is also the time until an unconfirmed renewed id is replaced.
    /// </summary>
    /// <remarks>
    /// The replaced id is refused in any case.
    /// A shorter margin ends sessions of honest users if the clocks of nodes differ or uploads are slow.
    /// </remarks>
    public TimeSpan ReplayMargin { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How many live sessions a user may have, pending ones included (ASVS 5.0 V7.1.2). Default: 100. At least 1; null: no limit.
    /// <see cref="MaxSessionsPolicy"/> decides what the next sign-in does.
    /// </summary>
    public int? MaxSessionsPerUser { get; set; } = 100;

    /// <summary>
    /// What a sign-in beyond <see cref="MaxSessionsPerUser"/> does. Default: it ends the least recently used session of that user;
    /// pending ones first, then those that are older than a minute and were never used.
    /// <see cref="SessionCapPolicy.Refuse"/>: it throws <see cref="SessionCapReachedException"/>.
    /// </summary>
    public SessionCapPolicy MaxSessionsPolicy { get; set; }

    /// <summary>
    /// How many anonymous sessions may begin per minute on this node, by <c>StartAsync</c> and <c>HttpContext.Session</c> together.
    /// Default: 6,000, which is 100 per second. At least 1; null: no limit. One more throws
    /// <see cref="AnonymousSessionLimitException"/>, which is a 503 if unhandled. Sign-ins and existing sessions are not affected.
    /// </summary>
    /// <remarks>
    /// Any client can begin an anonymous session, so without a limit a flood of requests fills a database or a Redis until nobody can sign
    /// in. Cookies that never come back leave at most this number times <see cref="AnonymousIdleTimeout"/> in minutes: 120,000 sessions per
    /// node by default. A node that began none for a minute may begin the whole number at once. Combine it with the rate limiter of
    /// ASP.NET Core, which knows who sends the requests.
    /// </remarks>
    public int? MaxAnonymousSessionsPerMinute { get; set; } = 6_000;

    /// <summary>
    /// Whether sessions with a user keep the User-Agent (at most 512 characters) and the remote address. Default: false.
    /// They come from the sign-in and from the last request that wrote "last seen".
    /// Users recognise their devices by them (ASVS 5.0 V7.5.2).
    /// </summary>
    /// <remarks>
    /// Both are personal data (GDPR article 4): inform your users. They are removed with the session.
    /// Behind a proxy call <c>UseForwardedHeaders()</c> first, or the address is that of the proxy.
    /// </remarks>
    public bool CaptureClient { get; set; }

    /// <summary>
    /// Whether all metadata is sealed in a store outside of the process: encrypted (AES-256-GCM) with a key that only the user's cookie
    /// opens (ASVS 5.0 V14.2). Default: false; then only the library's own fields are sealed, such as claims, tokens and
    /// <c>HttpContext.Session</c>.
    /// </summary>
    /// <remarks>
    /// Nobody can read sealed metadata without the cookie: not the operator, and not the user's other devices. A sealed value takes a third
    /// more bytes. A session that began before this option was set keeps its metadata open until its user signs in again.
    /// </remarks>
    public bool SealMetadata { get; set; }

    /// <summary>
    /// The maximum size of a session's names and values, in UTF-8 bytes. Default: 65,536. Range: 256 to 16,777,216 (16 MiB).
    /// A write beyond it throws and changes nothing. Every read transfers the record.
    /// </summary>
    public int MaxRecordBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// How long one call of the store may take; after that it is a <see cref="SessionStoreException"/> (503). Default: 5 seconds.
    /// Range: 1 millisecond to 5 minutes. It bounds a write that has begun; a client that disconnects does not stop one.
    /// </summary>
    public TimeSpan StoreTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often the sessions of open connections are read, so that a connection closes when its session has ended. Default: 5 seconds.
    /// Range: 1 second to 5 minutes. A store that reports ends closes them sooner. Without an open connection that is watched
    /// (<c>CloseWhenSessionEnds()</c>, <c>EndedToken</c>) nothing is read. After 12 intervals without an answer of the store they close.
    /// </summary>
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often expired sessions are removed from a store without a time-to-live (memory, SQL), plus or minus a quarter.
    /// Default: 10 minutes. Range: 1 second to 1 day. Null: never; call <see cref="IExpiredSessionStore.DeleteExpiredAsync"/> yourself.
    /// A cleanup removes at most 100,000 sessions. What is left is removed after a minute, or after the interval if that is shorter.
    /// An expired session is refused whether or not it was removed.
    /// </summary>
    public TimeSpan? CleanupInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How often the gauge <c>sact.session.active</c> counts the sessions of the store at most. Default: 5 minutes.
    /// Range: 10 seconds to 1 day. Null: never, and the gauge reports nothing. Over Redis a count reads every key with <c>SCAN</c>.
    /// Nothing is counted unless something collects the meter, and no collection waits for a count.
    /// </summary>
    public TimeSpan? ActiveCountInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether a sign-out sends <c>Clear-Site-Data: "cache"</c> (W3C), so that the back button shows nothing private. Default: false.
    /// True: some browsers take seconds to clear their cache.
    /// </summary>
    public bool ClearSiteDataOnSignOut { get; set; }

    /// <summary>
    /// How typed values become JSON and are read back. Default: camel case, exact names, numbers only from JSON numbers.
    /// Under Native AOT add your <c>JsonSerializerContext</c> to its <c>TypeInfoResolverChain</c>; simple types need none.
    /// </summary>
    public JsonSerializerOptions SerializerOptions { get; set; } = SessionJson.DefaultOptions();

    /// <summary>
    /// The clock. Null (default): that of dependency injection, or else the system's.
    /// </summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>
    /// The key ring of protected cookies. Null (default): that of dependency injection. Sessions need none.
    /// </summary>
    public IDataProtectionProvider? DataProtectionProvider { get; set; }

    /// <summary>
    /// The factory of the log. Null (default): that of dependency injection, or else no log.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>
    /// The factory of the meter <c>Sact.Session</c>. Null (default): that of dependency injection, or else one meter for the process.
    /// </summary>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>The profile that <see cref="UseProfile"/> has chosen; null for none.</summary>
    public SessionProfile? Profile { get; private set; }

    /// <summary>
    /// Follows a published profile: sets <see cref="IdleTimeout"/> and <see cref="AbsoluteTimeout"/> to its longest times, and the cookie
    /// to https only. An option that is set afterwards may be stricter. One that contradicts the profile is refused at start-up. The log
    /// has the sheet of the profile at start-up (event 38).
    /// </summary>
    /// <remarks>
    /// A profile is no certificate: the level of the authenticators, and which endpoints need it, are the duty of the application
    /// (<c>RequireAssuranceLevel</c>). A shorter lifetime of one sign-in is allowed; a longer one never is.
    /// </remarks>
    /// <param name="profile">The profile.</param>
    /// <exception cref="ArgumentOutOfRangeException">The profile is not defined.</exception>
    /// <example><code>builder.Services.AddSactSession(o => o.UseProfile(SessionProfile.NistAal2));</code></example>
    public void UseProfile(SessionProfile profile)
    {
        ProfileRule.Apply(this, profile);
        Profile = profile;
    }

    /// <summary>Whether <see cref="IdleTimeout"/> was set.</summary>
    internal bool IsIdleTimeoutChosen { get; private set; }

    /// <summary>
    /// The prefix of the fields that a sign-in takes over from the anonymous session that it ends; null: none.
    /// </summary>
    internal string? KeptAtSignIn { get; set; }

    /// <summary>Finds the observers of the sessions; null for none.</summary>
    internal Func<IEnumerable<ISessionObserver>>? Observers { get; set; }

    /// <summary>Whether a feature of the application keeps fields that are always sealed.</summary>
    internal bool KeepsSealedFields { get; set; }
}
