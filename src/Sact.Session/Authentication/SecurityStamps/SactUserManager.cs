using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// A user manager that ends the sessions of a user after a changed security stamp, a lockout or a deletion was saved. A change that is
/// refused ends no session.
/// </summary>
/// <remarks>
/// <para><c>AddSactSession()</c> and <c>AddSactTicketStore()</c> put it in the place of the framework's <see cref="UserManager{TUser}"/>
/// if they are called after <c>AddIdentity()</c>. If the application has a user manager of its own, derive that from this class. Any other
/// user manager works too, with two limits: sessions end when the response starts, and a deletion is found by Identity's next check of the
/// stamp.</para>
/// <para>A changed stamp ends all sessions of the user except those that authenticated the request. A deletion ends all of them. So does a
/// lockout, unless failed passwords have caused it: otherwise anybody who knows a user name could sign its owner out. If the store of the
/// sessions fails, the change is saved and the call throws a <see cref="SessionStoreException"/>.</para>
/// <para>A sign-in that began before such a change and ends after it leaves no session. For <c>SetAsync</c> and <c>SetPendingAsync</c> that
/// needs the user as this manager has loaded it in the same request. Changes count wherever they are made, also in background work. A
/// sign-in does not: where there is no <c>HttpContext</c>, or where the request loads the user past this manager, nothing is
/// compared. Then end the sessions of the user once more after the change.</para>
/// </remarks>
/// <typeparam name="TUser">The type of the users.</typeparam>
/// <example>
/// <code>
/// public sealed class ApplicationUserManager(…) : SactUserManager&lt;ApplicationUser&gt;(…);
/// // …
/// builder.Services.AddIdentity&lt;ApplicationUser, IdentityRole&gt;().AddUserManager&lt;ApplicationUserManager&gt;();
/// </code>
/// </example>
public class SactUserManager<TUser> : UserManager<TUser>
    where TUser : class
{
    private readonly SessionsOfUsers? _sessions;

    // The users as they were loaded. The object of a user shows only what it became.
    private readonly ConditionalWeakTable<TUser, SavedUser> _loaded = [];

    // The users whose failed passwords are being counted, which the store of the sessions must never stop.
    private readonly ConditionalWeakTable<TUser, object> _counted = [];

    /// <summary>Creates the user manager, for dependency injection.</summary>
    /// <param name="store">The store of the users.</param>
    /// <param name="optionsAccessor">The options of Identity.</param>
    /// <param name="passwordHasher">Hashes passwords.</param>
    /// <param name="userValidators">The validators of users.</param>
    /// <param name="passwordValidators">The validators of passwords.</param>
    /// <param name="keyNormalizer">Normalizes names and e-mail addresses.</param>
    /// <param name="errors">Describes errors.</param>
    /// <param name="services">The services of the application.</param>
    /// <param name="logger">The log.</param>
    public SactUserManager(
        IUserStore<TUser> store,
        IOptions<IdentityOptions> optionsAccessor,
        IPasswordHasher<TUser> passwordHasher,
        IEnumerable<IUserValidator<TUser>> userValidators,
        IEnumerable<IPasswordValidator<TUser>> passwordValidators,
        ILookupNormalizer keyNormalizer,
        IdentityErrorDescriber errors,
        IServiceProvider services,
        ILogger<UserManager<TUser>> logger)
        : base(store, optionsAccessor, passwordHasher, userValidators, passwordValidators, keyNormalizer, errors, services, logger)
    {
        // A test of an application may create one without the services of sessions.
        _sessions = services?.GetService<SessionsOfUsers>();
        _sessions?.Users.Know<TUser>();
    }

    /// <inheritdoc/>
    public override async Task<TUser?> FindByIdAsync(string userId) =>
        await LoadedAsync(await base.FindByIdAsync(userId).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<TUser?> FindByNameAsync(string userName) =>
        await LoadedAsync(await base.FindByNameAsync(userName).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<TUser?> FindByEmailAsync(string email) =>
        await LoadedAsync(await base.FindByEmailAsync(email).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<TUser?> FindByLoginAsync(string loginProvider, string providerKey) =>
        await LoadedAsync(await base.FindByLoginAsync(loginProvider, providerKey).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<TUser?> FindByPasskeyIdAsync(byte[] credentialId) =>
        await LoadedAsync(await base.FindByPasskeyIdAsync(credentialId).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<IdentityResult> CreateAsync(TUser user)
    {
        var result = await base.CreateAsync(user).ConfigureAwait(false);
        if (result.Succeeded && _sessions is not null)
        {
            var saved = await SavedUser.OfAsync(Store, user).ConfigureAwait(false);
            _loaded.AddOrUpdate(user, saved);
            if (saved.Stamp is { } stamp)
            {
                StampsOfRequest.Add(_sessions.Request, await GetUserIdAsync(user).ConfigureAwait(false), stamp, before: null);
            }
        }

        return result;
    }

    /// <inheritdoc/>
    public override async Task<IdentityResult> DeleteAsync(TUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        string userId = await GetUserIdAsync(user).ConfigureAwait(false);
        var result = await base.DeleteAsync(user).ConfigureAwait(false);
        if (result.Succeeded && _sessions is not null)
        {
            await _sessions.EndAllAsync<TUser>(userId, SessionEndReason.UserDeleted).ConfigureAwait(false);
        }

        return result;
    }

    /// <inheritdoc/>
    public override Task<IdentityResult> AccessFailedAsync(TUser user) => CountAsync(user, base.AccessFailedAsync);

    /// <inheritdoc/>
    public override Task<IdentityResult> ResetAccessFailedCountAsync(TUser user) => CountAsync(user, base.ResetAccessFailedCountAsync);

    /// <inheritdoc/>
    protected override async Task<IdentityResult> UpdateUserAsync(TUser user)
    {
        if (_sessions is null || user is null || _counted.TryGetValue(user, out _))
        {
            return await base.UpdateUserAsync(user!).ConfigureAwait(false);
        }

        string userId = await GetUserIdAsync(user).ConfigureAwait(false);
        var before = _loaded.TryGetValue(user, out var loaded)
            ? loaded
            : await BeforeAsync(_sessions, userId).ConfigureAwait(false);
        var result = await base.UpdateUserAsync(user).ConfigureAwait(false);
        if (result.Succeeded)
        {
            await EndAsync(_sessions, userId, before, user).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>The user before a change; null if a lock of the database hides it. Then every stamp and lockout counts as new.</summary>
    private static async Task<SavedUser?> BeforeAsync(SessionsOfUsers sessions, string userId)
    {
        try
        {
            return await sessions.Users.ReadAsync<TUser>(userId).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task EndAsync(SessionsOfUsers sessions, string userId, SavedUser? before, TUser user)
    {
        var saved = await SavedUser.OfAsync(Store, user).ConfigureAwait(false);
        if (saved.Stamp is { } changed && changed != before?.Stamp)
        {
            StampsOfRequest.Add(sessions.Request, userId, changed, before?.Stamp);
        }

        if (saved.IsLockedOut && saved.LockedOutUntil != before?.LockedOutUntil)
        {
            await sessions.EndAllAsync<TUser>(userId, SessionEndReason.UserLockedOut).ConfigureAwait(false);
        }
        else if (saved.Stamp is { } stamp && stamp != before?.Stamp)
        {
            await sessions.EndOutdatedAsync<TUser>(userId, stamp).ConfigureAwait(false);
        }

        // After a failure of the session store the change still counts as new, so that the next update ends the sessions.
        _loaded.AddOrUpdate(user, saved);
    }

    /// <summary>Counts a password. Neither the count nor the lockout that it may cause has anything to do with sessions.</summary>
    private async Task<IdentityResult> CountAsync(TUser user, Func<TUser, Task<IdentityResult>> count)
    {
        if (_sessions is null || user is null)
        {
            return await count(user!).ConfigureAwait(false);
        }

        await LoadedAsync(user).ConfigureAwait(false);
        _counted.AddOrUpdate(user, this);
        try
        {
            var result = await count(user).ConfigureAwait(false);
            if (_loaded.TryGetValue(user, out var loaded))
            {
                var saved = await SavedUser.OfAsync(Store, user).ConfigureAwait(false);
                _loaded.AddOrUpdate(user, loaded with { LockedOutUntil = saved.LockedOutUntil });
            }

            return result;
        }
        finally
        {
            _counted.Remove(user);
        }
    }

    // The first time counts: a store may return the same object again, with changes that were refused.
    private async Task<TUser?> LoadedAsync(TUser? user)
    {
        if (user is not null && _sessions is not null && !_loaded.TryGetValue(user, out _))
        {
            var loaded = await SavedUser.OfAsync(Store, user).ConfigureAwait(false);
            _loaded.TryAdd(user, loaded);
            LoadedUsersOfRequest.Add<TUser>(_sessions, await GetUserIdAsync(user).ConfigureAwait(false), loaded);
        }

        return user;
    }
}
