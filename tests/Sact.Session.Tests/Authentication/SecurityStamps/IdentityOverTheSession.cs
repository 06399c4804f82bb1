using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// One line after <c>AddIdentity</c> replaces its application cookie. <c>SignInManager</c>, the security stamp check and the paths work
/// unchanged.
/// </summary>
public sealed class IdentityOverTheSession
{
    private const string Password = "Passw0rd!";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SignsInAndOutWhicheverLineComesFirst(bool identityFirst)
    {
        await using var site = await StartAsync(identityFirst);
        string alice = await LoginAsync(site);

        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", alice));
        Assert.Equal("401 wrong", await site.StatusAndTextAsync("/login?password=wrong", method: HttpMethod.Post));
        using var challenge = await site.SendAsync("/page");
        Assert.Equal("https://example.test/Own/Login?ReturnUrl=%2Fpage", challenge.Headers.Location?.ToString());
        await site.StatusAndTextAsync("/logout", alice, HttpMethod.Post);
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", alice));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task APasswordChangeEndsTheOtherSessionsAtOnceAndRefreshesThisOne()
    {
        await using var site = await StartAsync();
        string phone = await LoginAsync(site), desk = await LoginAsync(site);
        await site.StatusAndTextAsync("/data", desk, HttpMethod.Post);
        var before = (await site.Store.GetAsync(site.Store.GetSessionKey(desk)))!;
        site.Clock.Advance(TimeSpan.FromMinutes(1));

        using var response = await site.SendAsync("/password", desk, HttpMethod.Post);
        string next = response.SentId()!;

        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", phone));
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", desk));
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", next));

        // A refresh proves nothing new: the session becomes neither fresher nor longer, and its data stays.
        var after = (await site.Store.GetAsync(site.Store.GetSessionKey(next)))!;
        Assert.Equal(
            (before.Key, before.AuthenticatedAt, before.AbsoluteDeadline),
            (after.Key, after.AuthenticatedAt, after.AbsoluteDeadline));
        Assert.True(after.Fields.Contains("kept"));
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync());

        // After the interval, the stamp check finds the session valid and reads the user once.
        site.Clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", next));
        var users = (Users)site.Services.GetRequiredService<IUserStore<User>>();
        int finds = users.Finds;
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", next));
        Assert.Equal(finds, users.Finds);
    }

    [Fact]
    public async Task AStampChangedThroughIdentityEndsTheSessionsAtOnce()
    {
        await using var site = await StartAsync();
        string phone = await LoginAsync(site);

        // As in a password reset by mail or by an administrator, nobody is signed in in that request.
        Assert.Equal("200 ", await site.StatusAndTextAsync("/reset", method: HttpMethod.Post));

        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", phone));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task AStampChangedWithoutIdentityIsFoundAtTheNextCheck()
    {
        await using var site = await StartAsync();
        string phone = await LoginAsync(site);
        ((Users)site.Services.GetRequiredService<IUserStore<User>>()).Alice.Stamp = "other";
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", phone));

        site.Clock.Advance(TimeSpan.FromMinutes(31));

        using var response = await site.SendAsync("/who", phone);
        Assert.Equal("nobody", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("", response.SentId());
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task ASignInWithANewStampEndsTheSessionsOfTheOldStamp()
    {
        await using var site = await StartAsync();
        string phone = await LoginAsync(site);
        ((Users)site.Services.GetRequiredService<IUserStore<User>>()).Alice.Stamp = "other";

        string desk = await LoginAsync(site);

        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", phone));
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", desk));
    }

    [Fact]
    public async Task AnUpdateThatKeepsTheStampEndsNothing()
    {
        await using var site = await StartAsync();
        string phone = await LoginAsync(site);

        Assert.Equal("200 ", await site.StatusAndTextAsync("/rename", method: HttpMethod.Post));

        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", phone));
    }

    [Fact]
    [Trait("abuse", "D1")]
    public async Task ARefreshOfASessionThatEndedMeanwhileDoesNotBringItBack()
    {
        await using var site = await StartAsync();
        string alice = await LoginAsync(site);

        using var response = await site.SendAsync("/refresh-late", alice, HttpMethod.Post);

        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", alice));
        Assert.Null(response.SentId());
    }

    private static async Task<string> LoginAsync(Site site)
    {
        using var response = await site.SendAsync("/login?password=" + Uri.EscapeDataString(Password), method: HttpMethod.Post);
        return response.SentId() ?? throw new InvalidOperationException($"No cookie: {response.StatusCode}.");
    }

    private static Task<Site> StartAsync(bool identityFirst = true) => Site.StartAsync(
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapPost("/login", async (string password, SignInManager<User> manager) =>
                (await manager.PasswordSignInAsync("alice", password, isPersistent: false, lockoutOnFailure: false)).Succeeded
                    ? Results.Ok()
                    : Results.Text("wrong", statusCode: 401));
            app.MapPost("/logout", async (SignInManager<User> manager) => await manager.SignOutAsync());
            app.MapGet("/who", (HttpContext context, SignInManager<User> manager) =>
                manager.IsSignedIn(context.User) ? context.User.Identity!.Name! : "nobody");
            app.MapGet("/page", (HttpContext context) => context.Response.WriteAsync("x")).RequireAuthorization();
            app.MapPost("/data", async (ISession<IGenericStore> session) => await session.UpdateAsync(new() { ["kept"] = true }));
            app.MapPost("/password", async (HttpContext context, UserManager<User> users, SignInManager<User> manager) =>
            {
                var user = (await users.GetUserAsync(context.User))!;
                Assert.True((await users.ChangePasswordAsync(user, Password, Password + "2")).Succeeded);
                await manager.RefreshSignInAsync(user);
            });
            app.MapPost("/reset", async (UserManager<User> users) =>
                Assert.True((await users.UpdateSecurityStampAsync((await users.FindByNameAsync("alice"))!)).Succeeded));
            app.MapPost("/rename", async (UserManager<User> users) =>
                Assert.True((await users.UpdateAsync((await users.FindByNameAsync("alice"))!)).Succeeded));
            app.MapPost("/refresh-late", async (
                HttpContext context, UserManager<User> users, SignInManager<User> manager, IGenericStore store) =>
            {
                var user = (await users.GetUserAsync(context.User))!;
                await store.DeleteActiveSessionsAsync(user.Id);
                await manager.RefreshSignInAsync(user);
            });
        },
        build: builder =>
        {
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddAuthorization();
            if (!identityFirst)
            {
                builder.Services.AddAuthentication().AddSactSession<IGenericStore>(IdentityConstants.ApplicationScheme);
            }

            builder.Services.AddIdentity<User, IdentityRole>().AddUserStore<Users>();
            builder.Services.AddSingleton<IUserStore<User>, Users>();
            builder.Services.AddSingleton<IRoleStore<IdentityRole>, NoRoles>();
            builder.Services.ConfigureApplicationCookie(options => options.LoginPath = "/Own/Login");
            if (identityFirst)
            {
                builder.Services.AddAuthentication().AddSactSession<IGenericStore>(IdentityConstants.ApplicationScheme);
            }
        });

    internal sealed class User
    {
        public string Id { get; } = "user-1";

        public string Name { get; set; } = "alice";

        public string? Normalized { get; set; } = "ALICE";

        public string? Hash { get; set; }

        public string? Stamp { get; set; } = "first";
    }

    /// <summary>One user, in memory.</summary>
    internal sealed class Users : IUserPasswordStore<User>, IUserSecurityStampStore<User>
    {
        public Users() => Alice.Hash = new PasswordHasher<User>().HashPassword(Alice, Password);

        public User Alice { get; } = new();

        public int Finds { get; private set; }

        public Task<string> GetUserIdAsync(User user, CancellationToken cancellationToken) => Task.FromResult(user.Id);

        public Task<string?> GetUserNameAsync(User user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Name);

        public Task SetUserNameAsync(User user, string? userName, CancellationToken cancellationToken) =>
            Task.FromResult(user.Name = userName!);

        public Task<string?> GetNormalizedUserNameAsync(User user, CancellationToken cancellationToken) => Task.FromResult(user.Normalized);

        public Task SetNormalizedUserNameAsync(User user, string? normalizedName, CancellationToken cancellationToken) =>
            Task.FromResult(user.Normalized = normalizedName);

        public Task<IdentityResult> CreateAsync(User user, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IdentityResult> UpdateAsync(User user, CancellationToken cancellationToken) => Task.FromResult(IdentityResult.Success);

        public Task<IdentityResult> DeleteAsync(User user, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<User?> FindByIdAsync(string userId, CancellationToken cancellationToken)
        {
            Finds++;
            return Task.FromResult(userId == Alice.Id ? Alice : null);
        }

        public Task<User?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
            Task.FromResult(normalizedUserName == Alice.Normalized ? Alice : null);

        public Task SetPasswordHashAsync(User user, string? passwordHash, CancellationToken cancellationToken) =>
            Task.FromResult(user.Hash = passwordHash);

        public Task<string?> GetPasswordHashAsync(User user, CancellationToken cancellationToken) => Task.FromResult(user.Hash);

        public Task<bool> HasPasswordAsync(User user, CancellationToken cancellationToken) => Task.FromResult(user.Hash is not null);

        public Task SetSecurityStampAsync(User user, string stamp, CancellationToken cancellationToken) =>
            Task.FromResult(user.Stamp = stamp);

        public Task<string?> GetSecurityStampAsync(User user, CancellationToken cancellationToken) => Task.FromResult(user.Stamp);

        public void Dispose()
        {
        }
    }

    internal sealed class NoRoles : IRoleStore<IdentityRole>
    {
        public Task<IdentityResult> CreateAsync(IdentityRole role, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IdentityResult> UpdateAsync(IdentityRole role, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IdentityResult> DeleteAsync(IdentityRole role, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<string> GetRoleIdAsync(IdentityRole role, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string?> GetRoleNameAsync(IdentityRole role, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task SetRoleNameAsync(IdentityRole role, string? roleName, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<string?> GetNormalizedRoleNameAsync(IdentityRole role, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task SetNormalizedRoleNameAsync(IdentityRole role, string? normalizedName, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IdentityRole?> FindByIdAsync(string roleId, CancellationToken cancellationToken) =>
            Task.FromResult<IdentityRole?>(null);

        public Task<IdentityRole?> FindByNameAsync(string normalizedRoleName, CancellationToken cancellationToken) =>
            Task.FromResult<IdentityRole?>(null);

        public void Dispose()
        {
        }
    }
}
