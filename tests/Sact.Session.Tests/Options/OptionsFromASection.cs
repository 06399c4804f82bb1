using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session.Tests;

/// <summary><c>AddSactSession(section)</c>: every option from the configuration, and no key or value that is not understood.</summary>
public sealed class OptionsFromASection
{
    private static readonly Dictionary<string, string?> s_all = new()
    {
        ["IsPersistent"] = "true",
        ["idletimeout"] = "01:00:00",
        ["AbsoluteTimeout"] = "2.00:00:00",
        ["FirstUseTimeout"] = "00:10:00",
        ["AnonymousIdleTimeout"] = "00:11:00",
        ["PendingTimeout"] = "00:12:00",
        ["TouchInterval"] = "00:01:00",
        ["RenewalGrace"] = "00:00:10",
        ["ReplayMargin"] = "00:05:00",
        ["MaxSessionsPerUser"] = "5",
        ["MaxSessionsPolicy"] = "refuse",
        ["MaxAnonymousSessionsPerMinute"] = "7",
        ["CaptureClient"] = "True",
        ["SealMetadata"] = "true",
        ["MaxRecordBytes"] = "1024",
        ["StoreTimeout"] = "00:00:02",
        ["WatchInterval"] = "00:00:03",
        ["CleanupInterval"] = "00:20:00",
        ["ActiveCountInterval"] = "00:06:00",
        ["ClearSiteDataOnSignOut"] = "true",
        ["Cookie:Name"] = "__Secure-shop",
        ["Cookie:Domain"] = "example.test",
        ["Cookie:Path"] = "/shop",
        ["Cookie:HttpOnly"] = "true",
        ["Cookie:IsEssential"] = "true",
        ["Cookie:SameSite"] = "strict",
        ["Cookie:SecurePolicy"] = "Always",
        ["Cookie:Extensions:0"] = "Priority=High",
    };

    [Fact]
    public void AreAllSet()
    {
        var options = Bound(s_all);

        Assert.Equal(
            (true, TimeSpan.FromHours(1), TimeSpan.FromDays(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11)),
            (options.IsPersistent, options.IdleTimeout, options.AbsoluteTimeout, options.FirstUseTimeout, options.AnonymousIdleTimeout));
        Assert.Equal(
            (TimeSpan.FromMinutes(12), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5)),
            (options.PendingTimeout, options.TouchInterval, options.RenewalGrace, options.ReplayMargin));
        Assert.Equal(
            (5, SessionCapPolicy.Refuse, 7, true, true, 1024),
            (options.MaxSessionsPerUser, options.MaxSessionsPolicy, options.MaxAnonymousSessionsPerMinute, options.CaptureClient,
                options.SealMetadata, options.MaxRecordBytes));
        Assert.Equal(
            (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(6), true),
            (options.StoreTimeout, options.WatchInterval, options.CleanupInterval, options.ActiveCountInterval,
                options.ClearSiteDataOnSignOut));
        var cookie = options.Cookie;
        Assert.Equal(
            ("__Secure-shop", "example.test", "/shop", true, true, SameSiteMode.Strict, CookieSecurePolicy.Always),
            (cookie.Name, cookie.Domain, cookie.Path, cookie.HttpOnly, cookie.IsEssential, cookie.SameSite, cookie.SecurePolicy));
        Assert.Equal("Priority=High", Assert.Single(cookie.Extensions));
    }

    /// <summary>A new option that the section cannot set must not be forgotten.</summary>
    [Fact]
    public void AreThoseThatAValueCanExpress()
    {
        Type[] values = [typeof(bool), typeof(int), typeof(TimeSpan), typeof(string), typeof(CookieBuilder)];
        var expected = typeof(SactSessionOptions).GetProperties()
            .Where(option => (Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType) is { } type
                && (type.IsEnum || values.Contains(type)))
            .Select(option => option.Name);

        Assert.Equal(expected.Order(), SactSessionOptionsSection.Options.Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public void ThatMayBeNullAreNullWhereTheValueIsEmpty(string? empty)
    {
        var options = Bound(new()
        {
            ["MaxSessionsPerUser"] = empty,
            ["MaxAnonymousSessionsPerMinute"] = empty,
            ["CleanupInterval"] = empty,
            ["TouchInterval"] = empty,
        });

        Assert.Null(options.MaxSessionsPerUser);
        Assert.Null(options.MaxAnonymousSessionsPerMinute);
        Assert.Null(options.CleanupInterval);
        Assert.Null(options.TouchInterval);
    }

    [Theory]
    [InlineData("SealMetdata", "true", "the key 'Sessions:SealMetdata', and SactSessionOptions has no such option")]
    [InlineData("Cookie:HttpsOnly", "true", "the key 'Sessions:Cookie:HttpsOnly', and SactSessionOptions.Cookie has no such option")]
    [InlineData("TimeProvider", "x", "the key 'Sessions:TimeProvider'")]
    [InlineData("IdleTimeout", "30", "the value '30' for 'Sessions:IdleTimeout'. It must be a duration")]
    [InlineData("IdleTimeout", "1h", "It must be a duration")]
    [InlineData("IdleTimeout", "24:00:00", "It must be a duration")]
    [InlineData("AbsoluteTimeout", "48:00", "It must be a duration")]
    [InlineData("IdleTimeout", "1:00:00:00", "It must be a duration")]
    [InlineData("IdleTimeout", "", "the value '' for 'Sessions:IdleTimeout'")]
    [InlineData("IdleTimeout", null, "no value for 'Sessions:IdleTimeout'")]
    [InlineData("MaxSessionsPerUser", "many", "It must be a whole number, or empty for no limit")]
    [InlineData("MaxRecordBytes", "", "It must be a whole number.")]
    [InlineData("IsPersistent", "yes", "It must be true or false")]
    [InlineData("MaxSessionsPolicy", "2", "It must be one of EndLeastRecentlyUsed, EndOldest, Refuse")]
    [InlineData("Cookie:SameSite", "Loose", "It must be one of")]
    [InlineData("Cookie", "__Host-x", "the value '__Host-x' for 'Sessions:Cookie'. It must be a section")]
    [InlineData("Cookie:Extensions", "Partitioned", "the value 'Partitioned' for 'Sessions:Cookie:Extensions'. It must be a list")]
    [InlineData("Cookie:Extensions:0:Name", "Partitioned", "a section for 'Sessions:Cookie:Extensions:0', where one value is expected")]
    [InlineData("MaxSessionsPerUser:Value", "5", "a section for 'Sessions:MaxSessionsPerUser', where one value is expected")]
    [InlineData("MaxAnonymousSessionsPerMinute:0", "5", "a section for 'Sessions:MaxAnonymousSessionsPerMinute'")]
    [InlineData("CleanupInterval:Minutes", "5", "a section for 'Sessions:CleanupInterval'")]
    public void ThatAreNotUnderstoodAreRefused(string key, string? value, string message)
    {
        var fault = Assert.Throws<OptionsValidationException>(() => Bound(new() { [key] = value }));

        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReportEveryFaultAtOnce()
    {
        var fault = Assert.Throws<OptionsValidationException>(
            () => Bound(new() { ["A"] = "1", ["IdleTimeout"] = "soon", ["Cookie:B"] = "2" }));

        Assert.Equal(3, fault.Failures.Count());
    }

    [Fact]
    public void OutOfTheirRangeAreRefusedLikeAnyOther() => Assert.Contains(
        "SactSessionOptions.IdleTimeout",
        Assert.Throws<OptionsValidationException>(() => Bound(new() { ["IdleTimeout"] = "00:00:00.5" })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void OfACookieWithAnAgeAreRefusedWithTheReason() => Assert.Contains(
        "Cookie.MaxAge",
        Assert.Throws<OptionsValidationException>(() => Bound(new() { ["Cookie:MaxAge"] = "1.00:00:00" })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void GiveWayToTheCode() => Assert.Equal(9, Bound(s_all, o => o.MaxSessionsPerUser += 4).MaxSessionsPerUser);

    [Fact]
    public void OfANamedRegistrationAreOfItAlone()
    {
        var services = new ServiceCollection();
        services.AddSactSession();
        services.AddSactSession("admin", Section(new() { ["IdleTimeout"] = "00:20:00", ["Cookie:Name"] = "__Host-admin" }));
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptionsMonitor<SactSessionOptions>>();

        Assert.Equal((TimeSpan.FromMinutes(20), "__Host-admin"), (options.Get("admin").IdleTimeout, options.Get("admin").Cookie.Name));
        Assert.Equal(TimeSpan.FromDays(7), options.CurrentValue.IdleTimeout);
    }

    /// <summary>What the section lacks is not set, so that it does not limit the tickets of a cookie scheme.</summary>
    [Theory]
    [InlineData("CaptureClient", "true", false)]
    [InlineData("IdleTimeout", "7.00:00:00", true)]
    public void CountAsChosenWhereTheSectionHasThem(string key, string value, bool isChosen) =>
        Assert.Equal(isChosen, Bound(new() { [key] = value }).IsIdleTimeoutChosen);

    private static IConfigurationSection Section(Dictionary<string, string?> values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create($"Sessions:{pair.Key}", pair.Value)))
        .Build().GetSection("Sessions");

    private static SactSessionOptions Bound(Dictionary<string, string?> values, Action<SactSessionOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSactSession(Section(values), configure);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<SactSessionOptions>>().Value;
    }
}
