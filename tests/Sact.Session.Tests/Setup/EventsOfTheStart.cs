using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>What the log has of each registration when the application starts.</summary>
public sealed class EventsOfTheStart
{
    [Fact]
    public async Task NameStorePrefixAndCookieOfEachRegistration()
    {
        var events = await StartAsync(
            "Development",
            services =>
            {
                services.AddSactSession();
                services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin").UseMemory(o => o.Prefix = "staff");
                services.AddSactSession("own", o => o.Cookie.Name = "__Host-own").UseStore(_ => new Of<MemoryStore>(new MemoryStore()));
            });

        Assert.Equal(
            [
                "The unnamed session registration uses MemoryStore with the prefix session and the cookie __Host-sid.",
                "The 'admin' session registration uses MemoryStore with the prefix staff and the cookie __Host-admin.",
                "The 'own' session registration uses Of<MemoryStore> with the prefix (unknown) and the cookie __Host-own.",
            ],
            events.Where(entry => entry is { Id.Id: 27, Level: LogLevel.Information }).Select(entry => entry.Message));
        Assert.Empty(Warnings(events));
    }

    [Fact]
    public async Task HaveTheSheetOfTheProfile()
    {
        var events = await StartAsync(
            "Development", services => services.AddSactSession(options => options.UseProfile(SessionProfile.NistAal3)));

        var sheet = Assert.Single(events, entry => entry is { Id.Id: 38, Level: LogLevel.Information });
        Assert.StartsWith("The unnamed session registration follows the profile NistAal3:", sheet.Message, StringComparison.Ordinal);
        Assert.Contains("overall timeout: at most 12:00:00, here 12:00:00", sheet.Message, StringComparison.Ordinal);
    }

    /// <summary>A lifetime that does not slide is the longest one in all, beside the idle timeout.</summary>
    [Theory]
    [InlineData(30, true, "IdleTimeout", "7")]
    [InlineData(8, true, "IdleTimeout", "7")]
    [InlineData(7, true, null, "")]
    [InlineData(1, true, null, "")]
    [InlineData(null, true, null, "")]
    [InlineData(8, false, null, "")]
    [InlineData(28, false, null, "")]
    [InlineData(29, false, "AbsoluteTimeout", "28")]
    public async Task WarnOfASchemeWhoseSessionsEndBeforeItsLifetime(int? days, bool slides, string? option, string limit)
    {
        var events = await StartAsync("Development", services =>
        {
            services.AddSactSession();
            services.AddAuthentication().AddSactSession();
            services.Configure<CookieAuthenticationOptions>(SactSessionDefaults.AuthenticationScheme, options =>
                (options.SlidingExpiration, options.ExpireTimeSpan) =
                    (slides, days is { } set ? TimeSpan.FromDays(set) : options.ExpireTimeSpan));
        });

        string[] expected =
        [
            $"Scheme 'SactSession' has the ExpireTimeSpan {days}.00:00:00, and SactSessionOptions.{option} ends its sessions after "
            + $"{limit}.00:00:00. Raise {option}, or lower ExpireTimeSpan.",
        ];
        Assert.Equal(option is null ? [] : expected, Warnings(events));
    }

    [Theory]
    [InlineData("Production", "scheme", true)]
    [InlineData("Production", "tickets", true)]
    [InlineData("Production", "identity", true)]
    [InlineData("Staging", "scheme", true)]
    [InlineData("Production", "nothing", false)]
    [InlineData("Development", "scheme", false)]
    [InlineData("Development", "identity", false)]
    [InlineData("Production", "scheme over another store", false)]
    public async Task WarnOfUsersInMemoryOutsideOfDevelopment(string environment, string users, bool warns)
    {
        var events = await StartAsync(environment, services =>
        {
            services.AddDataProtection().UseEphemeralDataProtectionProvider();
            var sessions = services.AddSactSession();
            switch (users)
            {
                case "scheme":
                    services.AddAuthentication().AddSactSession();
                    break;
                case "tickets":
                    services.AddAuthentication().AddCookie().AddSactTicketStore();
                    break;
                case "identity":
                    services.AddIdentityCore<IdentityUser>();
                    break;
                case "scheme over another store":
                    services.AddAuthentication().AddSactSession();
                    sessions.UseStore<ApplicationStore>();
                    break;
            }
        });

        Assert.Equal(warns ? 1 : 0, Warnings(events).Count(message => message.Contains("UseSqlite(…)", StringComparison.Ordinal)));
        Assert.Equal(warns ? 1 : 0, Warnings(events).Count());
    }

    /// <summary>The registration of the scheme is warned about, and no other.</summary>
    [Fact]
    public async Task WarnOfTheRegistrationThatHasTheUsers()
    {
        var events = await StartAsync("Production", services =>
        {
            services.AddSactSession().UseStore<ApplicationStore>();
            services.AddSactSession("visitors", o => o.Cookie.Name = "__Host-visitors");
            services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin");
            services.AddAuthentication().AddSactSession<IGenericStore>("Admin", o => o.SessionName = "admin");
        });

        Assert.StartsWith("The 'admin' session registration", Assert.Single(Warnings(events)), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Warnings(IReadOnlyList<(LogLevel Level, EventId Id, string Message)> events) =>
        events.Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Message);

    private static async Task<IReadOnlyList<(LogLevel Level, EventId Id, string Message)>> StartAsync(
        string environment, Action<IServiceCollection> add)
    {
        var log = new SessionHost();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        builder.Services.AddLogging();
        add(builder.Services);
        builder.Services.ConfigureAll<SactSessionOptions>(o => o.LoggerFactory = new LoggerFactory([log]));
        await using var app = builder.Build();
        app.UseSactSession();
        await app.StartAsync(TestContext.Current.CancellationToken);
        await app.StopAsync(TestContext.Current.CancellationToken);
        return log.Events;
    }

    private sealed class Of<T>(MemoryStore store) : DelegatingStore(store, store)
        where T : class;
}
