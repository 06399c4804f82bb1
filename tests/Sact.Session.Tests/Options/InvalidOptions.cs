using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Sact.Session.Tests;

/// <summary>With options that break a rule the application does not start, and the message names the option.</summary>
public sealed class InvalidOptions
{
    private static readonly Dictionary<string, (string Named, Action<SactSessionOptions> Set)> s_cases = new()
    {
        ["absolute under a second"] = ("SactSessionOptions.AbsoluteTimeout", o =>
            (o.AbsoluteTimeout, o.IdleTimeout) = (TimeSpan.FromMilliseconds(999), TimeSpan.FromMilliseconds(999))),
        ["idle under a second"] = ("SactSessionOptions.IdleTimeout", o => o.IdleTimeout = TimeSpan.FromMilliseconds(999)),
        ["idle negative"] = ("SactSessionOptions.IdleTimeout", o => o.IdleTimeout = TimeSpan.MinValue),
        ["idle over absolute"] = ("SactSessionOptions.IdleTimeout", o => o.IdleTimeout = o.AbsoluteTimeout + TimeSpan.FromTicks(1)),
        ["first use under a second"] = ("SactSessionOptions.FirstUseTimeout", o => o.FirstUseTimeout = TimeSpan.Zero),
        ["first use over 400 days"] = ("SactSessionOptions.FirstUseTimeout", o => o.FirstUseTimeout = TimeSpan.FromDays(401)),
        ["anonymous idle under a second"] = ("SactSessionOptions.AnonymousIdleTimeout", o => o.AnonymousIdleTimeout = TimeSpan.Zero),
        ["anonymous idle over 400 days"] = ("SactSessionOptions.AnonymousIdleTimeout", o => o.AnonymousIdleTimeout = TimeSpan.MaxValue),
        ["pending under a second"] = ("SactSessionOptions.PendingTimeout", o => o.PendingTimeout = TimeSpan.FromMilliseconds(999)),
        ["pending over a day"] = ("SactSessionOptions.PendingTimeout", o =>
            o.PendingTimeout = TimeSpan.FromDays(1) + TimeSpan.FromTicks(1)),
        ["touch negative"] = ("SactSessionOptions.TouchInterval", o => o.TouchInterval = TimeSpan.FromTicks(-1)),
        ["touch over half of idle"] = ("SactSessionOptions.TouchInterval", o =>
            o.TouchInterval = (o.IdleTimeout / 2) + TimeSpan.FromTicks(1)),
        ["grace negative"] = ("SactSessionOptions.RenewalGrace", o => o.RenewalGrace = TimeSpan.FromTicks(-1)),
        ["grace over 5 minutes"] = ("SactSessionOptions.RenewalGrace", o =>
            o.RenewalGrace = TimeSpan.FromMinutes(5) + TimeSpan.FromTicks(1)),
        ["margin not over grace"] = ("SactSessionOptions.ReplayMargin", o => o.ReplayMargin = o.RenewalGrace),
        ["margin over a day"] = ("SactSessionOptions.ReplayMargin", o => o.ReplayMargin = TimeSpan.FromDays(1) + TimeSpan.FromTicks(1)),
        ["no store timeout"] = ("SactSessionOptions.StoreTimeout", o => o.StoreTimeout = TimeSpan.Zero),
        ["infinite store timeout"] = ("SactSessionOptions.StoreTimeout", o => o.StoreTimeout = Timeout.InfiniteTimeSpan),
        ["store timeout over 5 minutes"] = ("SactSessionOptions.StoreTimeout", o =>
            o.StoreTimeout = TimeSpan.FromMinutes(5) + TimeSpan.FromTicks(1)),
        ["a limit of no anonymous sessions"] =
            ("SactSessionOptions.MaxAnonymousSessionsPerMinute", o => o.MaxAnonymousSessionsPerMinute = 0),
        ["a limit of no sessions"] = ("SactSessionOptions.MaxSessionsPerUser", o => o.MaxSessionsPerUser = 0),
        ["unknown policy"] = ("MaxSessionsPolicy", o => o.MaxSessionsPolicy = (SessionCapPolicy)7),
        ["records too small"] = ("SactSessionOptions.MaxRecordBytes", o => o.MaxRecordBytes = 255),
        ["records too large"] = ("SactSessionOptions.MaxRecordBytes", o => o.MaxRecordBytes = (16 * 1024 * 1024) + 1),
        ["no serializer"] = ("SactSessionOptions.SerializerOptions", o => o.SerializerOptions = null!),
        ["no cookie"] = ("SactSessionOptions.Cookie", o => o.Cookie = null!),
        ["cookie with an age"] = ("Cookie.MaxAge", o => o.Cookie.MaxAge = TimeSpan.FromDays(1)),
        ["cookie with an expiration"] = ("Cookie.Expiration", o => o.Cookie.Expiration = TimeSpan.FromDays(1)),
        ["cookie that scripts can read"] = ("SactSessionOptions.Cookie.HttpOnly", o => o.Cookie.HttpOnly = false),
        ["cookie not essential"] = ("SactSessionOptions.Cookie.IsEssential", o => o.Cookie.IsEssential = false),
        ["cookie without a name"] = ("SactSessionOptions.Cookie.Name", o => o.Cookie = new CookieBuilder { IsEssential = true }),
        ["cookie with a name that is not a token"] = ("SactSessionOptions.Cookie.Name", o => o.Cookie.Name = "s;d"),
        ["cookie with CR LF in its path"] = ("SactSessionOptions.Cookie.Path", o =>
            (o.Cookie.Name, o.Cookie.Path) = ("sid", "/\r\nSet-Cookie: a=b")),
        ["cookie with a relative path"] = ("SactSessionOptions.Cookie.Path", o => (o.Cookie.Name, o.Cookie.Path) = ("sid", "app")),
        ["cookie with a semicolon in its domain"] = ("SactSessionOptions.Cookie.Domain", o =>
            (o.Cookie.Name, o.Cookie.Domain) = ("sid", "example.test; Secure")),
        ["cookie with an empty domain"] = ("SactSessionOptions.Cookie.Domain", o => (o.Cookie.Name, o.Cookie.Domain) = ("sid", "")),
        ["cookie with an invalid extension"] = ("SactSessionOptions.Cookie.Extensions", o =>
            o.Cookie.Extensions.Add("Priority=High; Domain=x")),
        ["cookie with a null extension"] = ("SactSessionOptions.Cookie.Extensions", o => o.Cookie.Extensions.Add(null!)),
        ["cookie with an extension that has a property"] = ("SactSessionOptions.Cookie.Extensions", o =>
            o.Cookie.Extensions.Add(" Domain = example.test")),
    };

    private static readonly Dictionary<string, (string Named, Action<SactSessionOptions> Set)> s_prefixes = new()
    {
        ["__Host- with a domain"] = ("SactSessionOptions.Cookie", o => o.Cookie.Domain = "example.test"),
        ["__Host- with a path"] = ("SactSessionOptions.Cookie", o => o.Cookie.Path = "/app"),
        ["__Host- not secure"] = ("SactSessionOptions.Cookie", o => o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest),
        ["__host- in lower case, not secure"] = ("SactSessionOptions.Cookie", o =>
            (o.Cookie.Name, o.Cookie.SecurePolicy) = ("__host-sid", CookieSecurePolicy.None)),
        ["__Secure- not secure"] = ("SactSessionOptions.Cookie", o =>
            (o.Cookie.Name, o.Cookie.SecurePolicy) = ("__Secure-sid", CookieSecurePolicy.None)),
        ["__Http- not http only"] = ("SactSessionOptions.Cookie", o => (o.Cookie.Name, o.Cookie.HttpOnly) = ("__Http-sid", false)),
        ["__Host-Http- not http only"] = ("SactSessionOptions.Cookie", o =>
            (o.Cookie.Name, o.Cookie.HttpOnly) = ("__Host-Http-sid", false)),
    };

    private static readonly Dictionary<string, (string Named, Action<SactSessionOptions> Set)> s_ages = new()
    {
        ["absolute over 400 days"] = ("SactSessionOptions.AbsoluteTimeout", o =>
            o.AbsoluteTimeout = TimeSpan.FromDays(400) + TimeSpan.FromTicks(1)),
        ["infinite absolute"] = ("SactSessionOptions.AbsoluteTimeout", o =>
            (o.AbsoluteTimeout, o.IsPersistent) = (TimeSpan.MaxValue, true)),
        ["everything infinite"] = ("SactSessionOptions.AbsoluteTimeout", o =>
            o.TouchInterval = o.AbsoluteTimeout = o.IdleTimeout = o.FirstUseTimeout = TimeSpan.MaxValue),
    };

    private static readonly Dictionary<string, (string Named, Action<SactSessionOptions> Set)> s_sites = new()
    {
        ["SameSite=None not secure"] = ("SactSessionOptions.Cookie.SecurePolicy", o =>
            (o.Cookie.Name, o.Cookie.SameSite, o.Cookie.SecurePolicy) = ("sid", SameSiteMode.None, CookieSecurePolicy.SameAsRequest)),
        ["Partitioned not secure"] = ("SactSessionOptions.Cookie.SecurePolicy", PartitionedNotSecure),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    public static TheoryData<string> Prefixes => [.. s_prefixes.Keys];

    public static TheoryData<string> Ages => [.. s_ages.Keys];

    public static TheoryData<string> Sites => [.. s_sites.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task StopTheApplicationFromStarting(string which) => AssertRefused(s_cases[which].Named, s_cases[which].Set);

    [Theory]
    [MemberData(nameof(Prefixes))]
    [Trait("abuse", "B3")]
    public async Task BrokenCookiePrefixRulesStopTheApplicationFromStarting(string which)
    {
        string message = await AssertRefused(s_prefixes[which].Named, s_prefixes[which].Set);

        string prefix = which[..which.IndexOf(' ', StringComparison.Ordinal)];
        Assert.Contains(prefix, message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ACookieNameThatIsNotATokenIsRefusedWithTheRule()
    {
        string message = await AssertRefused("SactSessionOptions.Cookie.Name", o => o.Cookie.Name = "s d");

        Assert.Contains("an HTTP token", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ages))]
    [Trait("abuse", "B7")]
    public Task LifetimesThatNoBrowserAcceptsStopTheApplicationFromStarting(string which) =>
        AssertRefused(s_ages[which].Named, s_ages[which].Set);

    [Theory]
    [MemberData(nameof(Sites))]
    [Trait("abuse", "B8")]
    public Task CookiesThatBrowsersDropStopTheApplicationFromStarting(string which) =>
        AssertRefused(s_sites[which].Named, s_sites[which].Set);

    [Fact]
    public async Task AllAreReportedAtOnce()
    {
        var fault = await StartAsync(o => (o.MaxRecordBytes, o.StoreTimeout, o.Cookie.Name) = (0, TimeSpan.Zero, "s d"));

        Assert.Equal(3, Assert.IsType<OptionsValidationException>(fault).Failures.Count());
    }

    [Fact]
    public async Task TheDefaultsAreValid() => Assert.Null(await StartAsync(_ => { }));

    [Fact]
    public async Task TheLimitsThemselvesAreValid() => Assert.Null(await StartAsync(o =>
    {
        (o.AbsoluteTimeout, o.IdleTimeout, o.FirstUseTimeout, o.AnonymousIdleTimeout) = (
            TimeSpan.FromDays(400), TimeSpan.FromDays(400), TimeSpan.FromDays(400), TimeSpan.FromDays(400));
        (o.TouchInterval, o.RenewalGrace, o.ReplayMargin) = (TimeSpan.FromDays(200), TimeSpan.Zero, TimeSpan.FromTicks(1));
        (o.StoreTimeout, o.MaxRecordBytes, o.MaxSessionsPerUser) = (TimeSpan.FromMilliseconds(1), 256, 1);
        (o.Cookie.Name, o.Cookie.Path, o.Cookie.SameSite) = ("__Secure-sid", "/an app~", SameSiteMode.None);
        o.Cookie.Extensions.Add("Partitioned");
    }));

    [Theory]
    [InlineData("__Host-sid", "__Host-sid")]
    [InlineData("__Host-sid", "__HOST-SID")]
    public async Task TwoRegistrationsWithTheSameCookieNameStopTheApplicationFromStarting(string one, string other)
    {
        var fault = await StartAsync(o => o.Cookie.Name = one, services => services.AddSactSession("staff", o => o.Cookie.Name = other));

        Assert.IsType<InvalidOperationException>(fault);
        Assert.Contains("'staff'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Cookie.Name", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThoseOfANamedRegistrationStopTheApplicationFromStarting()
    {
        var fault = await StartAsync(
            _ => { },
            services => services.AddSactSession("staff", o => (o.Cookie.Name, o.MaxRecordBytes) = ("__Host-staff", 1)));

        string failure = Assert.Single(Assert.IsType<OptionsValidationException>(fault).Failures);
        Assert.StartsWith("In AddSactSession(\"staff\"): ", failure, StringComparison.Ordinal);
        Assert.Contains("SactSessionOptions.MaxRecordBytes", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChangesAfterTheFirstUseHaveNoEffect()
    {
        var host = new SessionHost();
        await host.SignInAsync();

        host.Options.Cookie.Name = "other";
        host.Options.MaxRecordBytes = -1;
        var context = host.Request().Context;
        await new Session<ProbeStore>(context.Request, context.Response, host.Store, host.Options).SetAsync("alice");

        Assert.StartsWith("__Host-sid=", context.Response.Headers.SetCookie.ToString(), StringComparison.Ordinal);
    }

    private static void PartitionedNotSecure(SactSessionOptions options)
    {
        (options.Cookie.Name, options.Cookie.SecurePolicy) = ("sid", CookieSecurePolicy.None);
        options.Cookie.Extensions.Add("partitioned");
    }

    private static async Task<string> AssertRefused(string named, Action<SactSessionOptions> set)
    {
        var fault = Assert.IsType<OptionsValidationException>(await StartAsync(set));
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);

        // A session that is created without dependency injection refuses them with the same messages.
        var options = new SactSessionOptions();
        set(options);
        var context = new DefaultHttpContext();
        var byHand = Assert.Throws<OptionsValidationException>(() =>
            new Session<MemoryStore>(context.Request, context.Response, new MemoryStore(), options));
        Assert.Equal(fault.Failures, byHand.Failures);
        return fault.Message;
    }

    private static async Task<Exception?> StartAsync(Action<SactSessionOptions> set, Action<IServiceCollection>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Production" });
        builder.Services.AddSactSession(set);
        more?.Invoke(builder.Services);
        using var host = builder.Build();
        var fault = await Record.ExceptionAsync(() => host.StartAsync(TestContext.Current.CancellationToken));
        if (fault is null)
        {
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        return fault;
    }
}
