using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>The options once checked and read: what a request needs is ready, and nothing can change under it.</summary>
internal sealed class SessionSettings
{
    private readonly IDataProtectionProvider? _protection;

    public SessionSettings(SactSessionOptions options)
    {
        var faults = SactSessionOptionsValidator.Rules(options).ToList();
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(SactSessionOptions), faults);
        }

        Clock = options.TimeProvider ?? TimeProvider.System;
        var metrics = options.MeterFactory is { } meters ? new SessionMetrics(meters.Create(new MeterOptions(SessionMetrics.MeterName))) : SessionMetrics.Shared;
        Telemetry = new SessionTelemetry((options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Sact.Session"), metrics);
        Cookie = new SessionCookie(Copy(options.Cookie), options.IsPersistent ? options.AbsoluteTimeout : null, Telemetry);
        SignInTerms = new(SessionState.SignedIn, 1, new SessionLifetimes(options.IdleTimeout, options.FirstUseTimeout, options.AbsoluteTimeout), options.IsPersistent);
        AnonymousTerms = new(
            SessionState.Anonymous, 0, new SessionLifetimes(Shorter(options.AnonymousIdleTimeout, options.IdleTimeout), options.FirstUseTimeout, options.AbsoluteTimeout), options.IsPersistent);
        PendingTerms = new(SessionState.Pending, 1, new SessionLifetimes(options.PendingTimeout, options.PendingTimeout, options.PendingTimeout), IsPersistent: false);
        TouchInterval = options.TouchInterval ?? Shorter(options.IdleTimeout / 20, TimeSpan.FromMinutes(15));
        RenewalGrace = options.RenewalGrace;
        ReplayMargin = options.ReplayMargin;
        Cap = options.MaxSessionsPerUser is { } max ? new SessionCap(max, options.MaxSessionsPolicy) : null;
        CaptureClient = options.CaptureClient;
        MaxRecordBytes = options.MaxRecordBytes;
        StoreTimeout = options.StoreTimeout;
        ClearSiteDataOnSignOut = options.ClearSiteDataOnSignOut;
        KeptAtSignIn = options.KeptAtSignIn;
        Json = SessionJson.Complete(options.SerializerOptions);
        _protection = options.DataProtectionProvider;
    }

    public TimeProvider Clock { get; }

    public SessionTelemetry Telemetry { get; }

    public SessionCookie Cookie { get; }

    /// <summary>What a sign-in has that asks for nothing of its own, and what none goes beyond.</summary>
    public SessionTerms SignInTerms { get; }

    public SessionTerms AnonymousTerms { get; }

    public SessionTerms PendingTerms { get; }

    public TimeSpan RenewalGrace { get; }

    public TimeSpan ReplayMargin { get; }

    public SessionCap? Cap { get; }

    public bool CaptureClient { get; }

    public int MaxRecordBytes { get; }

    public TimeSpan StoreTimeout { get; }

    public bool ClearSiteDataOnSignOut { get; }

    public string? KeptAtSignIn { get; }

    public JsonSerializerOptions Json { get; }

    private TimeSpan TouchInterval { get; }

    /// <summary>Bound to the cookie's name: a value moved to another cookie cannot be read there.</summary>
    public IDataProtector Protector(string cookieName) => _protection is { } provider
        ? provider.CreateProtector("Sact.Session.ProtectedCookie.v1", cookieName)
        : throw new InvalidOperationException("Protected cookies need Data Protection. Call builder.Services.AddDataProtection(), or set SactSessionOptions.DataProtectionProvider.");

    /// <summary>Whether it is time to note that a session was seen.</summary>
    public bool IsTouchDue(SessionRecord record, DateTimeOffset now) =>
        !record.Presented
        || now - record.LastSeenAt >= (record.Lifetimes.IdleTimeout < SignInTerms.Lifetimes.IdleTimeout ? Shorter(TouchInterval, record.Lifetimes.IdleTimeout / 20) : TouchInterval);

    // What was checked is what is used: a later change to the application's builder must not loosen it.
    private static CookieBuilder Copy(CookieBuilder cookie)
    {
        var copy = new CookieBuilder
        {
            Name = cookie.Name,
            Path = cookie.Path,
            Domain = cookie.Domain,
            SecurePolicy = cookie.SecurePolicy,
            HttpOnly = cookie.HttpOnly,
            SameSite = cookie.SameSite,
            IsEssential = cookie.IsEssential,
        };
        foreach (string extension in cookie.Extensions)
        {
            copy.Extensions.Add(extension);
        }

        return copy;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
