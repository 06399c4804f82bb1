using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// What the sessions of one registration share: clock, telemetry, cookies and settings. Everything that needs one of them receives it.
/// </summary>
internal sealed class SessionServices : ISessionDataSource
{
    // Options are read once, at the first use, so a later change to them has no effect. A session that is created by hand finds the same
    // services.
    private static readonly ConditionalWeakTable<SactSessionOptions, SessionServices> s_ofOptions = [];

    private readonly IDataProtectionProvider? _protection;

    private SessionServices(SactSessionOptions options)
    {
        var broken = SactSessionOptionsValidator.Validate(options).ToList();
        if (broken.Count > 0)
        {
            throw new OptionsValidationException(Microsoft.Extensions.Options.Options.DefaultName, typeof(SactSessionOptions), broken);
        }

        var metrics = options.MeterFactory is { } meters
            ? new SessionMetrics(meters.Create(new MeterOptions(SessionMetrics.MeterName)))
            : SessionMetrics.Shared;
        Options = options;
        Clock = options.TimeProvider ?? TimeProvider.System;
        Telemetry = new SessionTelemetry((options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Sact.Session"), metrics);
        Cookies = new CookieWriter(options.Cookie, options.IsPersistent ? options.AbsoluteTimeout : null, Telemetry);
        Settings = new SessionSettings(options);
        AnonymousLimiter = new AnonymousSessionLimiter(options.MaxAnonymousSessionsPerMinute, Clock, Telemetry);
        Observers = new SessionObservers(options.Observers, Clock, Telemetry.Log);
        _protection = options.DataProtectionProvider;
    }

    public SactSessionOptions Options { get; }

    public TimeProvider Clock { get; }

    public SessionTelemetry Telemetry { get; }

    public CookieWriter Cookies { get; }

    public SessionSettings Settings { get; }

    public AnonymousSessionLimiter AnonymousLimiter { get; }

    public SessionObservers Observers { get; }

    /// <summary>The name of the registration; empty for the unnamed one, and for sessions that are created by hand.</summary>
    public string Registration { get; set; } = "";

    /// <summary>The identity provider that signs users in; null if the application has none.</summary>
    public IProviderSessions? Provider { get; set; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    SessionServices ISessionDataSource.Services => this;

    // No request, so no id.
    DataKey? ISessionDataSource.KeyOf(SessionRecord record) => null;

    /// <summary>The services for these options: always the same ones for the same object.</summary>
    /// <exception cref="OptionsValidationException">An option breaks its rule; the message says what to do.</exception>
    public static SessionServices Of(SactSessionOptions options) =>
        s_ofOptions.GetValue(options, static options => new SessionServices(options));

    /// <summary>Bound to the cookie's name: a value that was moved to another cookie cannot be read there.</summary>
    public IDataProtector Protector(string cookieName) => _protection is { } provider
        ? provider.CreateProtector("Sact.Session.ProtectedCookie.v1", cookieName)
        : throw new InvalidOperationException(
            "Protected cookies need Data Protection. Call builder.Services.AddDataProtection(), or set "
            + "SactSessionOptions.DataProtectionProvider.");
}
