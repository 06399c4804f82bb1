using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>How a site with ASP.NET Core Identity keeps its users signed in.</summary>
public enum IdentityOver
{
    /// <summary>The library's scheme in place of the application cookie.</summary>
    Scheme,

    /// <summary>The framework's application cookie with its tickets in sessions.</summary>
    Tickets,
}

/// <summary>A site with ASP.NET Core Identity, whose users are in memory and are saved as in a database.</summary>
internal sealed class IdentitySite : IAsyncDisposable
{
    public const string Password = "Passw0rd!";

    private readonly IdentityOver _over;

    private IdentitySite(Site site, IdentityOver over)
    {
        Site = site;
        _over = over;
    }

    public Site Site { get; }

    public SavedUsersStore Users => (SavedUsersStore)Site.Services.GetRequiredService<IUserStore<SavedTestUser>>();

    public static async Task<IdentitySite> StartAsync(
        IdentityOver over = IdentityOver.Scheme,
        Action<IdentityBuilder>? identity = null,
        bool identityFirst = true,
        Action<SactSessionAuthenticationOptions>? scheme = null,
        Action<IdentityOptions>? options = null) => new(
            await Site.StartAsync(
                Map,
                build: builder =>
                {
                    builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
                    builder.Services.AddAuthorization();
                    builder.Services.AddSingleton<IUserStore<SavedTestUser>, SavedUsersStore>();
                    if (!identityFirst)
                    {
                        AddSessions(builder, over, scheme);
                    }

                    var added = builder.Services
                        .AddIdentityCore<SavedTestUser>(options ?? (_ => { })).AddSignInManager().AddDefaultTokenProviders();
                    builder.Services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
                    identity?.Invoke(added);
                    if (identityFirst)
                    {
                        AddSessions(builder, over, scheme);
                    }
                }),
            over);

    public async Task<string> LoginAsync(string user = "alice", string password = Password) =>
        await TryLoginAsync(user, password) is { Length: > 0 } id ? id : throw new InvalidOperationException("The sign-in sent no cookie.");

    /// <summary>Signs in through <c>SignInManager</c>.</summary>
    /// <returns>The cookie's value that a browser keeps; null if the response sends none, empty if it deletes it.</returns>
    public async Task<string?> TryLoginAsync(string user = "alice", string password = Password)
    {
        using var response = await SendAsync($"/login?user={user}&password={Uri.EscapeDataString(password)}", null, HttpMethod.Post);
        return CookieOf(response);
    }

    public string? CookieOf(HttpResponseMessage response) => response.SetCookies()
        .Where(line => line.StartsWith(CookieName + "=", StringComparison.Ordinal))
        .Select(line => line[(CookieName.Length + 1)..line.IndexOf(';', StringComparison.Ordinal)])
        .LastOrDefault();

    public Task<string> WhoAsync(string? cookie) => TextAsync("/who", cookie, HttpMethod.Get);

    public async Task<string> TextAsync(string path, string? cookie = null, HttpMethod? method = null)
    {
        using var response = await SendAsync(path, cookie, method ?? HttpMethod.Post);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public async Task<HttpResponseMessage> SendAsync(string path, string? cookie, HttpMethod method)
    {
        using var client = Site.Client();
        using var request = new HttpRequestMessage(method, path);
        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", $"{CookieName}={cookie}");
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Changes a user through Identity in a scope of services, as an administrator or a background job does.</summary>
    public async Task<IdentityResult> ChangeAsync(
        Func<UserManager<SavedTestUser>, SavedTestUser, Task<IdentityResult>> change, string user = "alice")
    {
        await using var scope = Site.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<SavedTestUser>>();
        return await change(users, (await users.FindByNameAsync(user))!);
    }

    public Task<IdentityResult> ResetPasswordAsync(string password) => ChangeAsync(async (users, user) =>
        await users.ResetPasswordAsync(user, await users.GeneratePasswordResetTokenAsync(user), password));

    public ValueTask DisposeAsync() => Site.DisposeAsync();

    private string CookieName => _over == IdentityOver.Scheme ? "__Host-sid" : ".AspNetCore.Identity.Application";

    private static void AddSessions(WebApplicationBuilder builder, IdentityOver over, Action<SactSessionAuthenticationOptions>? scheme)
    {
        var authentication = builder.Services.AddAuthentication();
        _ = over == IdentityOver.Scheme
            ? authentication.AddSactSession(IdentityConstants.ApplicationScheme, scheme)
            : authentication.AddSactTicketStore(IdentityConstants.ApplicationScheme);
    }

    private static void Map(WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapPost("/login", async (string user, string password, SignInManager<SavedTestUser> manager) =>
            (await manager.PasswordSignInAsync(user, password, isPersistent: false, lockoutOnFailure: true)).ToString());
        app.MapGet("/who", (HttpContext context, SignInManager<SavedTestUser> manager) =>
            manager.IsSignedIn(context.User) ? context.User.Identity!.Name! : "nobody");
        app.MapPost("/set/{id}", async (string id, ISactSession session) => await session.SetAsync(id));
        app.MapPost("/pending/{id}", async (string id, ISactSession session) => await session.SetPendingAsync(id));
        app.MapGet("/state", async (ISactSession session) => (await session.GetAnyAsync())?.State.ToString() ?? "nobody");
        app.MapPost("/reset", async (UserManager<SavedTestUser> users) =>
            (await users.UpdateSecurityStampAsync((await users.FindByNameAsync("alice"))!)).ToString());
        app.MapPost("/take-name", async (UserManager<SavedTestUser> users) =>
            (await users.SetUserNameAsync((await users.FindByNameAsync("alice"))!, "bob")).ToString());
        app.MapPost("/lock", async (UserManager<SavedTestUser> users) =>
            (await users.SetLockoutEndDateAsync((await users.FindByNameAsync("alice"))!, DateTimeOffset.MaxValue)).ToString());
        app.MapPost("/password", async (string next, HttpContext context, UserManager<SavedTestUser> users,
            SignInManager<SavedTestUser> manager) =>
        {
            var user = (await users.GetUserAsync(context.User))!;
            Assert.True((await users.ChangePasswordAsync(user, Password, next)).Succeeded);
            await manager.RefreshSignInAsync(user);
        });
        app.MapPost("/password-and-sign-in", async (string next, HttpContext context, UserManager<SavedTestUser> users,
            SignInManager<SavedTestUser> manager) =>
        {
            var user = (await users.FindByNameAsync("alice"))!;
            Assert.True((await users.ChangePasswordAsync(user, Password, next)).Succeeded);
            await manager.SignInAsync(user, isPersistent: false);
        });
        app.MapPost("/register/{name}", async (string name, UserManager<SavedTestUser> users, SignInManager<SavedTestUser> manager) =>
        {
            var user = new SavedTestUser { Id = name, Name = name };
            var result = await users.CreateAsync(user, Password);
            if (result.Succeeded)
            {
                await manager.SignInAsync(user, isPersistent: false);
            }

            return result.ToString();
        });
    }
}

internal sealed record SavedTestUser
{
    public string Id { get; set; } = "";

    public string? Name { get; set; }

    public string? NormalizedName { get; set; }

    public string? Hash { get; set; }

    public string? Stamp { get; set; }

    public int Failures { get; set; }

    public bool CanBeLockedOut { get; set; } = true;

    public DateTimeOffset? LockedOutUntil { get; set; }
}

/// <summary>Users in memory. Like a database it keeps copies: a changed object that is not saved changes nothing.</summary>
internal sealed class SavedUsersStore : IUserPasswordStore<SavedTestUser>, IUserSecurityStampStore<SavedTestUser>,
    IUserLockoutStore<SavedTestUser>
{
    private readonly Dictionary<string, SavedTestUser> _saved = [];

    public SavedUsersStore()
    {
        foreach (string name in (string[])["alice", "bob"])
        {
            var user = new SavedTestUser
            {
                Id = name + "-id",
                Name = name,
                NormalizedName = name.ToUpperInvariant(),
                Stamp = "first stamp of " + name,
            };
            user.Hash = new PasswordHasher<SavedTestUser>().HashPassword(user, IdentitySite.Password);
            _saved[user.Id] = user;
        }
    }

    /// <summary>Whether saving is refused, as a database does that has a newer version of the user.</summary>
    public bool Refuses { get; set; }

    /// <summary>What reading a user throws; null for nothing.</summary>
    public Exception? Fault { get; set; }

    public SavedTestUser Alice => Read("alice-id")!;

    public Task<IdentityResult> CreateAsync(SavedTestUser user, CancellationToken cancellationToken) => SaveAsync(user);

    public Task<IdentityResult> UpdateAsync(SavedTestUser user, CancellationToken cancellationToken) => SaveAsync(user);

    public Task<IdentityResult> DeleteAsync(SavedTestUser user, CancellationToken cancellationToken)
    {
        lock (_saved)
        {
            if (!Refuses)
            {
                _saved.Remove(user.Id);
            }
        }

        return Task.FromResult(Result());
    }

    public Task<SavedTestUser?> FindByIdAsync(string userId, CancellationToken cancellationToken) => Task.FromResult(Read(userId));

    public Task<SavedTestUser?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken)
    {
        lock (_saved)
        {
            var found = _saved.Values.FirstOrDefault(user => user.NormalizedName == normalizedUserName);
            return Task.FromResult(found is null ? null : found with { });
        }
    }

    public Task<string> GetUserIdAsync(SavedTestUser user, CancellationToken cancellationToken) => Task.FromResult(user.Id);

    public Task<string?> GetUserNameAsync(SavedTestUser user, CancellationToken cancellationToken) => Task.FromResult(user.Name);

    public Task SetUserNameAsync(SavedTestUser user, string? userName, CancellationToken cancellationToken) =>
        Task.FromResult(user.Name = userName);

    public Task<string?> GetNormalizedUserNameAsync(SavedTestUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.NormalizedName);

    public Task SetNormalizedUserNameAsync(SavedTestUser user, string? normalizedName, CancellationToken cancellationToken) =>
        Task.FromResult(user.NormalizedName = normalizedName);

    public Task SetPasswordHashAsync(SavedTestUser user, string? passwordHash, CancellationToken cancellationToken) =>
        Task.FromResult(user.Hash = passwordHash);

    public Task<string?> GetPasswordHashAsync(SavedTestUser user, CancellationToken cancellationToken) => Task.FromResult(user.Hash);

    public Task<bool> HasPasswordAsync(SavedTestUser user, CancellationToken cancellationToken) => Task.FromResult(user.Hash is not null);

    public Task SetSecurityStampAsync(SavedTestUser user, string stamp, CancellationToken cancellationToken) =>
        Task.FromResult(user.Stamp = stamp);

    public Task<string?> GetSecurityStampAsync(SavedTestUser user, CancellationToken cancellationToken) => Task.FromResult(user.Stamp);

    public Task<DateTimeOffset?> GetLockoutEndDateAsync(SavedTestUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.LockedOutUntil);

    public Task SetLockoutEndDateAsync(SavedTestUser user, DateTimeOffset? lockoutEnd, CancellationToken cancellationToken) =>
        Task.FromResult(user.LockedOutUntil = lockoutEnd);

    public Task<int> IncrementAccessFailedCountAsync(SavedTestUser user, CancellationToken cancellationToken) =>
        Task.FromResult(++user.Failures);

    public Task ResetAccessFailedCountAsync(SavedTestUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Failures = 0);

    public Task<int> GetAccessFailedCountAsync(SavedTestUser user, CancellationToken cancellationToken) => Task.FromResult(user.Failures);

    public Task<bool> GetLockoutEnabledAsync(SavedTestUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.CanBeLockedOut);

    public Task SetLockoutEnabledAsync(SavedTestUser user, bool enabled, CancellationToken cancellationToken) =>
        Task.FromResult(user.CanBeLockedOut = enabled);

    public void Dispose()
    {
    }

    private SavedTestUser? Read(string id)
    {
        if (Fault is not null)
        {
            throw Fault;
        }

        lock (_saved)
        {
            return _saved.TryGetValue(id, out var user) ? user with { } : null;
        }
    }

    private Task<IdentityResult> SaveAsync(SavedTestUser user)
    {
        lock (_saved)
        {
            if (!Refuses)
            {
                _saved[user.Id] = user with { };
            }
        }

        return Task.FromResult(Result());
    }

    private IdentityResult Result() =>
        Refuses ? IdentityResult.Failed(new IdentityErrorDescriber().ConcurrencyFailure()) : IdentityResult.Success;
}
