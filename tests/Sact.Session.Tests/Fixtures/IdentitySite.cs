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

    /// <summary>The state of the session with an id, which need not be of the scheme.</summary>
    public Task<string> StateAsync(string? id) => Site.TextAsync("/state", id);

    /// <summary>Holds the first call of a verb, before the store is called or after it has answered.</summary>
    public Gate HoldFirst(string verb, bool after = false)
    {
        var gate = new Gate();
        int calls = 0;
        ValueTask Hold(string called, CancellationToken cancellationToken) =>
            called == verb && Interlocked.Increment(ref calls) == 1 ? gate.PassAsync() : default;
        _ = after ? Site.Store.After = Hold : Site.Store.Before = Hold;
        return gate;
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
        app.MapPost("/set-in", async (string user, string password, bool pending, UserManager<SavedTestUser> users, ISactSession session) =>
        {
            var found = (await users.FindByNameAsync(user))!;
            if (!await users.CheckPasswordAsync(found, password))
            {
                return "Failed";
            }

            await (pending ? session.SetPendingAsync(found.Id) : session.SetAsync(found.Id));
            return "Succeeded";
        });
        app.MapPost("/password-and-set", async (string next, UserManager<SavedTestUser> users, ISactSession session) =>
        {
            var user = (await users.FindByNameAsync("alice"))!;
            Assert.True((await users.ChangePasswordAsync(user, Password, next)).Succeeded);
            await session.SetAsync(user.Id);
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

internal record SavedTestUser
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
internal class SavedUsersOf<TUser> : IUserPasswordStore<TUser>, IUserSecurityStampStore<TUser>, IUserLockoutStore<TUser>
    where TUser : SavedTestUser, new()
{
    private readonly Dictionary<string, TUser> _saved = [];

    public SavedUsersOf()
    {
        foreach (string name in (string[])["alice", "bob"])
        {
            var user = new TUser
            {
                Id = name + "-id",
                Name = name,
                NormalizedName = name.ToUpperInvariant(),
                Stamp = "first stamp of " + name,
            };
            user.Hash = new PasswordHasher<TUser>().HashPassword(user, IdentitySite.Password);
            _saved[user.Id] = user;
        }
    }

    /// <summary>A view of the users that another store keeps.</summary>
    protected SavedUsersOf(SavedUsersOf<TUser> of) => _saved = of._saved;

    /// <summary>Whether saving is refused, as a database does that has a newer version of the user.</summary>
    public bool Refuses { get; set; }

    /// <summary>What reading a user throws; null for nothing.</summary>
    public Exception? Fault { get; set; }

    /// <summary>What a search for an id waits for, such as a lock of the database; null for nothing.</summary>
    public Func<CancellationToken, ValueTask>? Waits { get; set; }

    public TUser Alice => Read("alice-id")!;

    public Task<IdentityResult> CreateAsync(TUser user, CancellationToken cancellationToken) => SaveAsync(user);

    public Task<IdentityResult> UpdateAsync(TUser user, CancellationToken cancellationToken) => SaveAsync(user);

    public Task<IdentityResult> DeleteAsync(TUser user, CancellationToken cancellationToken)
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

    public virtual async Task<TUser?> FindByIdAsync(string userId, CancellationToken cancellationToken)
    {
        await (Waits?.Invoke(cancellationToken) ?? default);
        return Read(userId);
    }

    public virtual Task<TUser?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken)
    {
        lock (_saved)
        {
            var found = _saved.Values.FirstOrDefault(user => user.NormalizedName == normalizedUserName);
            return Task.FromResult(found is null ? null : Copy(found));
        }
    }

    public Task<string> GetUserIdAsync(TUser user, CancellationToken cancellationToken) => Task.FromResult(user.Id);

    public Task<string?> GetUserNameAsync(TUser user, CancellationToken cancellationToken) => Task.FromResult(user.Name);

    public Task SetUserNameAsync(TUser user, string? userName, CancellationToken cancellationToken) =>
        Task.FromResult(user.Name = userName);

    public Task<string?> GetNormalizedUserNameAsync(TUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.NormalizedName);

    public Task SetNormalizedUserNameAsync(TUser user, string? normalizedName, CancellationToken cancellationToken) =>
        Task.FromResult(user.NormalizedName = normalizedName);

    public Task SetPasswordHashAsync(TUser user, string? passwordHash, CancellationToken cancellationToken) =>
        Task.FromResult(user.Hash = passwordHash);

    public Task<string?> GetPasswordHashAsync(TUser user, CancellationToken cancellationToken) => Task.FromResult(user.Hash);

    public Task<bool> HasPasswordAsync(TUser user, CancellationToken cancellationToken) => Task.FromResult(user.Hash is not null);

    public Task SetSecurityStampAsync(TUser user, string stamp, CancellationToken cancellationToken) =>
        Task.FromResult(user.Stamp = stamp);

    public Task<string?> GetSecurityStampAsync(TUser user, CancellationToken cancellationToken) => Task.FromResult(user.Stamp);

    public Task<DateTimeOffset?> GetLockoutEndDateAsync(TUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.LockedOutUntil);

    public Task SetLockoutEndDateAsync(TUser user, DateTimeOffset? lockoutEnd, CancellationToken cancellationToken) =>
        Task.FromResult(user.LockedOutUntil = lockoutEnd);

    public Task<int> IncrementAccessFailedCountAsync(TUser user, CancellationToken cancellationToken) =>
        Task.FromResult(++user.Failures);

    public Task ResetAccessFailedCountAsync(TUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Failures = 0);

    public Task<int> GetAccessFailedCountAsync(TUser user, CancellationToken cancellationToken) => Task.FromResult(user.Failures);

    public Task<bool> GetLockoutEnabledAsync(TUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.CanBeLockedOut);

    public Task SetLockoutEnabledAsync(TUser user, bool enabled, CancellationToken cancellationToken) =>
        Task.FromResult(user.CanBeLockedOut = enabled);

    public void Dispose()
    {
    }

    private static TUser Copy(TUser user) => (TUser)((SavedTestUser)user with { });

    private TUser? Read(string id)
    {
        if (Fault is not null)
        {
            throw Fault;
        }

        lock (_saved)
        {
            return _saved.TryGetValue(id, out var user) ? Copy(user) : null;
        }
    }

    private Task<IdentityResult> SaveAsync(TUser user)
    {
        lock (_saved)
        {
            if (!Refuses)
            {
                _saved[user.Id] = Copy(user);
            }
        }

        return Task.FromResult(Result());
    }

    private IdentityResult Result() =>
        Refuses ? IdentityResult.Failed(new IdentityErrorDescriber().ConcurrencyFailure()) : IdentityResult.Success;
}

/// <summary>The users of most tests.</summary>
internal sealed class SavedUsersStore : SavedUsersOf<SavedTestUser>;
