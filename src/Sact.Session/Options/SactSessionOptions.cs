using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// How sessions behave. Checked at start-up, with the mend in the message; read once, at the first use, so that later changes to the object have no effect.
/// </summary>
public sealed class SactSessionOptions
{
    /// <summary>
    /// The session cookie. Default: <c>__Host-sid</c>, Path <c>/</c>, Secure, HttpOnly, SameSite Lax, essential — what ASVS 5.0 V3.3.1 to V3.3.4 ask. Its <c>Expiration</c> and <c>MaxAge</c> stay unset:
    /// <see cref="IsPersistent"/> and <see cref="AbsoluteTimeout"/> decide them. Custom cookies take its attributes too.
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
    /// Whether cookies outlive the browser. Default false: no Max-Age, as OWASP (Session Management) and NIST SP 800-63B-4 section 5.1 advise. True: the session cookie's Max-Age is the
    /// remaining absolute time.
    /// </summary>
    public bool IsPersistent { get; set; }

    /// <summary>How long a session lives after it was last seen (OWASP idle timeout). Default 7 days; at least 1 second, at most <see cref="AbsoluteTimeout"/>.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a session lives at all, whatever happens (OWASP absolute timeout, ASVS 5.0 V7.3.2). Default 28 days; at most 400 days. Renewal does not extend it.</summary>
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromDays(28);

    /// <summary>
    /// How long a session lives until its cookie comes back for the first time, so that a doubly submitted login form leaves nothing behind. Default 1 hour; at least 1 second, at most 400 days.
    /// </summary>
    public TimeSpan FirstUseTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The idle timeout of an anonymous session, where it is shorter than <see cref="IdleTimeout"/>. Default 20 minutes; at least 1 second, at most 400 days.</summary>
    public TimeSpan AnonymousIdleTimeout { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>
    /// How long a half-finished sign-in (<see cref="ISactSession.SetPendingAsync(string, System.Text.Json.Nodes.JsonObject?, CancellationToken)"/>) may take, in all, until <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/> completes it. Default 10 minutes; 1 second to 1 day. Short, because it is the time
    /// in which a further factor can be guessed at.
    /// </summary>
    public TimeSpan PendingTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How often at most a session that is read is noted as seen: one write. Null (default): a twentieth of <see cref="IdleTimeout"/>, at most 15 minutes. Zero: with every request that reads. A session
    /// with a shorter idle timeout of its own is noted at least every twentieth of that. No session ends earlier than this before its time.
    /// </summary>
    public TimeSpan? TouchInterval { get; set; }

    /// <summary>How long the id that was replaced by a renewal stays good for requests in flight. Default 30 seconds; 0 to 5 minutes.</summary>
    public TimeSpan RenewalGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// From when on an id that was replaced counts as replayed, which ends the session; and how long a renewed id that has not come back is left alone before another is sent. Default 10 minutes; more than <see cref="RenewalGrace"/>, at most 1 day. A shorter one ends sessions of honest
    /// users where the clocks of nodes differ or uploads are slow; the stale id is refused either way.
    /// </summary>
    public TimeSpan ReplayMargin { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many live sessions a user may have, pending ones included (ASVS 5.0 V7.1.2). Default 100; at least 1; null for no limit.</summary>
    public int? MaxSessionsPerUser { get; set; } = 100;

    /// <summary>
    /// What a sign-in over <see cref="MaxSessionsPerUser"/> does. Default: ends the user's own least recently used session; pending ones go first, then those never presented and older than a minute.
    /// <see cref="SessionCapPolicy.Refuse"/> makes it a <see cref="SessionCapReachedException"/>.
    /// </summary>
    public SessionCapPolicy MaxSessionsPolicy { get; set; }

    /// <summary>
    /// Whether sessions with a user keep the User-Agent (cut to 512 characters) and the remote address, from the sign-in and, as often as "last seen" is written, from the last request, so that users recognise their devices (ASVS 5.0 V7.5.2).
    /// Default false: nothing is kept. Both are personal data (GDPR article 4): tell your users; they are gone with the session. Behind a proxy call <c>UseForwardedHeaders()</c> first, or the address is the proxy's.
    /// </summary>
    public bool CaptureClient { get; set; }

    /// <summary>The most that a session's names and values may come to, in UTF-8 bytes. Default 65,536; 256 to 16 MiB.</summary>
    public int MaxRecordBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// How long to wait for one answer of the store before it is a <see cref="SessionStoreException"/>. Default 5 seconds; 1 millisecond to 5 minutes. It, not the client's disconnect, bounds a write that has begun.
    /// </summary>
    public TimeSpan StoreTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often expired sessions are destroyed in a store without a time-to-live of its own (memory, SQL), give or take a quarter. Default 10 minutes; 1 second to 1 day; null to leave it to
    /// <see cref="IExpiredSessionStore.DeleteExpiredAsync"/> called by hand. An expired session is refused whether or not it has been destroyed.
    /// </summary>
    public TimeSpan? CleanupInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether signing out sends <c>Clear-Site-Data: "cache"</c>, so that the back button shows nothing private. Default false: some browsers take seconds over it.</summary>
    public bool ClearSiteDataOnSignOut { get; set; }

    /// <summary>
    /// How typed values are turned into JSON and back. Default: camel case, names compared exactly, numbers only from numbers. Under Native AOT add your <c>JsonSerializerContext</c> to its
    /// <c>TypeInfoResolverChain</c>; simple types need none.
    /// </summary>
    public JsonSerializerOptions SerializerOptions { get; set; } = SessionJson.DefaultOptions();

    /// <summary>The clock; null (default): the one in dependency injection, else the system's.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>What protects the values of protected cookies; null (default): the provider in dependency injection. Sessions themselves need none.</summary>
    public IDataProtectionProvider? DataProtectionProvider { get; set; }

    /// <summary>Where events are logged; null (default): the factory in dependency injection, else nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>What makes the meter <c>Sact.Session</c>; null (default): the factory in dependency injection, else one meter for the process.</summary>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>With what the names of those fields begin that a sign-in takes over from the anonymous session it ends; null for none.</summary>
    internal string? KeptAtSignIn { get; set; }
}
