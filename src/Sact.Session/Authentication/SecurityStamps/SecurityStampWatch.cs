using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;

namespace Sact.Session;

/// <summary>
/// Ends a user's sessions with an old security stamp when ASP.NET Core Identity is about to save the user. The stamp changes with a
/// password reset, a new second factor, or an administrator's <c>UpdateSecurityStampAsync</c>.
/// </summary>
/// <remarks>
/// It is a validator, because Identity calls the validators before every save. It never refuses a user. The session that authenticated the
/// request stays, so that <c>RefreshSignInAsync</c> can update it.
/// </remarks>
internal sealed class SecurityStampWatch<TUser>(
    AuthenticationRegistry registry, IHttpContextAccessor accessor, IServiceProvider services) : IUserValidator<TUser>
    where TUser : class
{
    public async Task<IdentityResult> ValidateAsync(UserManager<TUser> manager, TUser user)
    {
        ArgumentNullException.ThrowIfNull(manager);
        if (!manager.SupportsUserSecurityStamp)
        {
            return IdentityResult.Success;
        }

        // A user whose id is invalid for a session has no sessions.
        string userId = await manager.GetUserIdAsync(user).ConfigureAwait(false);
        if (userId is not null && UserIdRule.Validate(userId) is null)
        {
            var stamp = SecurityStampField.HashOf(await manager.GetSecurityStampAsync(user).ConfigureAwait(false));
            foreach (var source in registry.SourcesWithStamps(services))
            {
                await SecurityStamps
                    .EndOutdatedAsync(source.Store, source.Services, accessor.HttpContext, userId, stamp, spared: null)
                    .ConfigureAwait(false);
            }
        }

        return IdentityResult.Success;
    }
}
