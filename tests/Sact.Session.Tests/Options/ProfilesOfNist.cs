using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session.Tests;

/// <summary><c>UseProfile()</c>: the times of NIST SP 800-63B-4, and what contradicts them.</summary>
public sealed class ProfilesOfNist
{
    [Theory]
    [InlineData(SessionProfile.NistAal2, 60, 24)]
    [InlineData(SessionProfile.NistAal3, 15, 12)]
    public void SetTheLongestTimesThatTheyAllow(SessionProfile profile, int idleMinutes, int absoluteHours)
    {
        var options = new SactSessionOptions();
        options.UseProfile(profile);

        Assert.Equal(profile, options.Profile);
        Assert.Equal(
            (TimeSpan.FromMinutes(idleMinutes), TimeSpan.FromHours(absoluteHours)), (options.IdleTimeout, options.AbsoluteTimeout));
        Assert.Empty(SactSessionOptionsValidator.Validate(options));
    }

    [Fact]
    public void AllowStricterOptions()
    {
        var options = new SactSessionOptions();
        options.UseProfile(SessionProfile.NistAal2);
        options.IdleTimeout = TimeSpan.FromMinutes(5);
        options.AbsoluteTimeout = TimeSpan.FromHours(8);
        options.Cookie.SameSite = SameSiteMode.Strict;

        Assert.Empty(SactSessionOptionsValidator.Validate(options));
    }

    [Theory]
    [InlineData("IdleTimeout")]
    [InlineData("AbsoluteTimeout")]
    [InlineData("Cookie.SecurePolicy")]
    [InlineData("Cookie.Name")]
    [InlineData("Cookie.SameSite")]
    [InlineData("Cookie.HttpOnly")]
    public void RefuseAnOptionThatContradictsThem(string option)
    {
        var options = new SactSessionOptions();
        options.UseProfile(SessionProfile.NistAal3);
        switch (option)
        {
            case "IdleTimeout":
                options.IdleTimeout = TimeSpan.FromMinutes(16);
                break;
            case "AbsoluteTimeout":
                options.AbsoluteTimeout = TimeSpan.FromHours(13);
                break;
            case "Cookie.SecurePolicy":
                options.Cookie.Name = "sid";
                options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                break;
            case "Cookie.Name":
                options.Cookie.Name = "__Secure-sid";
                break;
            case "Cookie.HttpOnly":
                options.Cookie.HttpOnly = false;
                break;
            default:
                options.Cookie.SameSite = SameSiteMode.None;
                break;
        }

        Assert.Contains(
            SactSessionOptionsValidator.Validate(options),
            message => message.Contains("NIST SP 800-63B-4 section", StringComparison.Ordinal)
                && message.Contains($" SactSessionOptions.{option}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StopAnApplicationThatContradictsThem()
    {
        await using var app = new TestApp(services => services.AddSactSession(options =>
        {
            options.UseProfile(SessionProfile.NistAal2);
            options.IdleTimeout = TimeSpan.FromDays(7);
        }));

        Assert.Throws<OptionsValidationException>(() => app.Request().GetSactSession());
    }

    /// <summary>The cookie of the framework is the one by which the users of tickets are known.</summary>
    [Theory]
    [InlineData("Cookie.SecurePolicy")]
    [InlineData("Cookie.Name")]
    [InlineData("Cookie.SameSite")]
    [InlineData("Cookie.HttpOnly")]
    [InlineData(null)]
    public async Task HoldForTheCookieOfTickets(string? broken)
    {
        await using var app = new TestApp(services =>
        {
            services.AddLogging();
            services.AddSactSession("staff", options =>
            {
                options.Cookie.Name = "__Host-staff";
                options.UseProfile(SessionProfile.NistAal2);
            });
            services.AddAuthentication()
                .AddCookie(options =>
                {
                    options.Cookie.Name = broken == "Cookie.Name" ? "auth" : "__Host-auth";
                    options.Cookie.SecurePolicy = broken == "Cookie.SecurePolicy"
                        ? CookieSecurePolicy.SameAsRequest
                        : CookieSecurePolicy.Always;
                    options.Cookie.SameSite = broken == "Cookie.SameSite" ? SameSiteMode.None : SameSiteMode.Lax;
                    options.Cookie.HttpOnly = broken != "Cookie.HttpOnly";
                })
                .AddSactTicketStore(options => options.SessionName = "staff")
                .AddCookie("ThemeOnly");
        });
        var schemes = app.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>();

        var fault = Record.Exception(() => schemes.Get("Cookies"));

        Assert.Null(Record.Exception(() => schemes.Get("ThemeOnly")));
        Assert.Equal(broken is not null, fault is OptionsValidationException);
        if (broken is not null)
        {
            Assert.Contains($"CookieAuthenticationOptions.{broken}.", fault!.Message, StringComparison.Ordinal);
            Assert.Contains("'Cookies'", fault.Message, StringComparison.Ordinal);
            Assert.ThrowsAny<Exception>(() => app.Services.GetRequiredService<IStartupValidator>().Validate());
        }
    }

    /// <summary>A sign-in that outlives the profile would be a hole in it.</summary>
    [Fact]
    public async Task RefuseALongerSignIn()
    {
        await using var app = new TestApp(services => services.AddSactSession(o => o.UseProfile(SessionProfile.NistAal2)));

        await Assert.ThrowsAsync<ArgumentException>(async () => await app.Request().GetSactSession().SetAsync(
            "alice", metadata: null, new SessionSignInOptions { AbsoluteTimeout = TimeSpan.FromHours(25) }));
    }

    /// <summary>A section has no order, so that the profile must not undo what is stricter.</summary>
    [Fact]
    public void ComeFirstInASection()
    {
        var section = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["AbsoluteTimeout"] = "08:00:00", ["profile"] = "nistaal2" })
            .Build();
        var options = new SactSessionOptions();
        SactSessionOptionsSection.Apply(section, options, "");

        Assert.Equal(
            (SessionProfile.NistAal2, TimeSpan.FromHours(8), TimeSpan.FromHours(1)),
            (options.Profile!.Value, options.AbsoluteTimeout, options.IdleTimeout));
    }

    [Fact]
    public void AreRefusedIfTheyDoNotExist()
    {
        var options = new SactSessionOptions();

        Assert.Throws<ArgumentOutOfRangeException>(() => options.UseProfile((SessionProfile)9));
        Assert.Null(options.Profile);
    }

    [Fact]
    public void HaveASheetWithEachClauseAndItsValue()
    {
        var options = new SactSessionOptions();
        options.UseProfile(SessionProfile.NistAal2);
        options.IdleTimeout = TimeSpan.FromMinutes(30);
        string sheet = ProfileRule.Sheet(options, SessionProfile.NistAal2);

        Assert.Contains("section 2.2.3, inactivity timeout: at most 01:00:00, here 00:30:00", sheet, StringComparison.Ordinal);
        Assert.Contains("RequireAssuranceLevel(2)", sheet, StringComparison.Ordinal);
    }
}
