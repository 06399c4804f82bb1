using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session.Tests;

/// <summary><c>AddSactSession()</c> after a method that adds ASP.NET Core Identity.</summary>
public sealed class IdentityKeptInSessions
{
    /// <summary>The methods that add Identity.</summary>
    public enum Added
    {
        AddIdentity,
        AddIdentityCore,
        AddIdentityCoreAndCookies,
        AddIdentityApiEndpoints,
    }

    [Theory]
    [InlineData(Added.AddIdentity)]
    [InlineData(Added.AddIdentityCore)]
    [InlineData(Added.AddIdentityCoreAndCookies)]
    [InlineData(Added.AddIdentityApiEndpoints)]
    public async Task SignsInAndEndsTheOtherSessionsWithTheStamp(Added added)
    {
        await using var site = await StartAsync(added, identity => identity.AddSactSession());
        string phone = await LoginAsync(site), desk = await LoginAsync(site);

        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", phone));
        Assert.Equal(2, await site.Store.CountActiveSessionsAsync());
        Assert.Equal("200 ", await site.StatusAndTextAsync("/logout", desk, HttpMethod.Post));
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", desk));
        Assert.Equal("200 ", await site.StatusAndTextAsync("/reset", method: HttpMethod.Post));
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", phone));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task TheUserManagerOfTheApplicationStays()
    {
        await using var site = await StartAsync(
            Added.AddIdentity, identity => identity.AddUserManager<UnreplacedManager<SavedTestUser>>().AddSactSession());
        await using var scope = site.Services.CreateAsyncScope();

        Assert.IsType<UnreplacedManager<SavedTestUser>>(scope.ServiceProvider.GetRequiredService<UserManager<SavedTestUser>>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheApplicationCookieIsConfiguredBeforeOrAfter(bool before)
    {
        await using var site = await StartAsync(Added.AddIdentity, identity =>
        {
            void Configure() => identity.Services.ConfigureApplicationCookie(options => options.LoginPath = "/Own/Login");
            if (before)
            {
                Configure();
            }

            identity.AddSactSession();
            if (!before)
            {
                Configure();
            }
        });

        using var challenge = await site.SendAsync("/page");

        Assert.Equal("https://example.test/Own/Login?ReturnUrl=%2Fpage", challenge.Headers.Location?.ToString());
    }

    [Fact]
    public async Task TheBuilderChoosesTheStore()
    {
        var chosen = new MemoryStore();
        await using var site = await StartAsync(Added.AddIdentity, identity => identity.AddSactSession().UseStore(_ => chosen));

        await LoginAsync(site);

        Assert.Same(chosen, site.Services.GetRequiredService<IGenericStore>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OptionsOfTheSessionAreSetBeforeOrAfter(bool before)
    {
        await using var site = await StartAsync(Added.AddIdentity, identity =>
        {
            void Configure() => identity.Services.AddSactSession(options => options.Cookie.Name = "__Host-own");
            if (before)
            {
                Configure();
            }

            identity.AddSactSession();
            if (!before)
            {
                Configure();
            }
        });

        using var response = await site.SendAsync(LoginPath, method: HttpMethod.Post);

        Assert.Contains(response.SetCookies(), line => line.StartsWith("__Host-own=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ASecondCallConfiguresTheSameScheme()
    {
        await using var site = await StartAsync(Added.AddIdentity, identity =>
        {
            identity.AddSactSession(options => options.LoginPath = "/Own/Login");
            identity.AddSactSession(options => options.ReturnUrlParameter = "back");
        });

        using var challenge = await site.SendAsync("/page");

        Assert.Equal("https://example.test/Own/Login?back=%2Fpage", challenge.Headers.Location?.ToString());
    }

    [Fact]
    public async Task TheTwoLinesBesideItConfigureTheSameSessions()
    {
        await using var site = await StartAsync(Added.AddIdentity, identity =>
        {
            identity.Services.AddSactSession();
            identity.Services.AddAuthentication()
                .AddSactSession(IdentityConstants.ApplicationScheme, options => options.LoginPath = "/Own/Login");
            identity.AddSactSession(options => options.ReturnUrlParameter = "back");
        });
        string alice = await LoginAsync(site);

        using var challenge = await site.SendAsync("/page");

        Assert.Equal("https://example.test/Own/Login?back=%2Fpage", challenge.Headers.Location?.ToString());
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", alice));
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task ANameChoosesTheRegistrationAndItsStore()
    {
        var staff = new MemoryStore(new MemoryStoreOptions { Prefix = "staff" });
        await using var site = await StartAsync(Added.AddIdentity, identity =>
        {
            identity.Services.AddSactSession("staff", options => options.Cookie.Name = "__Host-staff");
            identity.AddSactSession("staff", options => options.LoginPath = "/Own/Login").UseStore(_ => staff);
        });

        using var response = await site.SendAsync(LoginPath, method: HttpMethod.Post);

        Assert.Contains(response.SetCookies(), line => line.StartsWith("__Host-staff=", StringComparison.Ordinal));
        Assert.Same(staff, site.Services.GetRequiredKeyedService<IGenericStore>("staff"));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
        Assert.Equal("/Own/Login", site.Services.GetRequiredService<IOptionsMonitor<SactSessionAuthenticationOptions>>()
            .Get(IdentityConstants.ApplicationScheme).LoginPath);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ASessionNameThatIsNotTheBuildersIsRefusedAtStartUp(bool isSetBefore)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(Added.AddIdentity, identity =>
        {
            identity.Services.AddSactSession("staff", options => options.Cookie.Name = "__Host-staff");
            if (isSetBefore)
            {
                identity.Services.AddAuthentication().AddSactSession(
                    IdentityConstants.ApplicationScheme, options => options.SessionName = "staff");
                identity.AddSactSession();
            }
            else
            {
                identity.AddSactSession(options => options.SessionName = "staff");
            }
        }));

        Assert.Contains("uses the registration of sessions 'staff'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Pass the name to AddSactSession(\"name\")", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ABuilderThatIsNullOrANameThatIsEmptyIsRefused()
    {
        var identity = new ServiceCollection().AddIdentityCore<SavedTestUser>();

        Assert.Throws<ArgumentNullException>("builder", () => ((IdentityBuilder)null!).AddSactSession());
        Assert.Throws<ArgumentNullException>("builder", () => ((IdentityBuilder)null!).AddSactSession("staff"));
        Assert.Throws<ArgumentNullException>("name", () => identity.AddSactSession((string)null!));
        Assert.Throws<ArgumentException>("name", () => identity.AddSactSession(""));
    }

    private static string LoginPath => "/login?password=" + Uri.EscapeDataString(IdentitySite.Password);

    private static async Task<string> LoginAsync(Site site)
    {
        using var response = await site.SendAsync(LoginPath, method: HttpMethod.Post);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.SentId() ?? throw new InvalidOperationException("The sign-in sent no cookie.");
    }

    private static Task<Site> StartAsync(Added added, Action<IdentityBuilder> identity) => Site.StartAsync(
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapPost("/login", async (string password, SignInManager<SavedTestUser> manager) =>
                (await manager.PasswordSignInAsync("alice", password, isPersistent: false, lockoutOnFailure: false)).Succeeded
                    ? Results.Ok()
                    : Results.Unauthorized());
            app.MapPost("/logout", async (SignInManager<SavedTestUser> manager) => await manager.SignOutAsync());
            app.MapGet("/who", (HttpContext context) => context.User.Identity?.Name ?? "nobody");
            app.MapGet("/page", () => "for users").RequireAuthorization();
            app.MapPost("/reset", async (UserManager<SavedTestUser> users) =>
                Assert.True((await users.UpdateSecurityStampAsync((await users.FindByNameAsync("alice"))!)).Succeeded));
        },
        build: builder =>
        {
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddAuthorization();
            builder.Services.AddSingleton<IUserStore<SavedTestUser>, SavedUsersStore>();
            identity(Add(builder.Services, added));
        });

    private static IdentityBuilder Add(IServiceCollection services, Added added)
    {
        switch (added)
        {
            case Added.AddIdentity:
                services.AddSingleton<IRoleStore<IdentityRole>, IdentityOverTheSession.NoRoles>();
                return services.AddIdentity<SavedTestUser, IdentityRole>();
            case Added.AddIdentityCore:
                return services.AddIdentityCore<SavedTestUser>().AddSignInManager();
            case Added.AddIdentityCoreAndCookies:
                services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
                return services.AddIdentityCore<SavedTestUser>().AddSignInManager();
            default:
                return services.AddIdentityApiEndpoints<SavedTestUser>();
        }
    }
}
