using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;

namespace Sact.Session;

/// <summary>
/// Sees every change of a user that ASP.NET Core Identity is about to save, and ends the sessions of another security stamp than the user has now: a password reset by mail, a second factor switched on, an
/// administrator's <c>UpdateSecurityStampAsync</c>. It validates nothing; Identity's validators are where it can be seen. The session that the request itself was authenticated by stays, for
/// <c>RefreshSignInAsync</c> to bring up to date.
/// </summary>
internal sealed class SecurityStampWatch<TUser>(AuthenticationRegistry registry, IHttpContextAccessor accessor, IServiceProvider services) : IUserValidator<TUser>
    where TUser : class
{
    public async Task<IdentityResult> ValidateAsync(UserManager<TUser> manager, TUser user)
    {
        ArgumentNullException.ThrowIfNull(manager);
        if (!manager.SupportsUserSecurityStamp)
        {
            return IdentityResult.Success;
        }

        // No session can be of a user whose id none can have.
        string userId = await manager.GetUserIdAsync(user).ConfigureAwait(false);
        if (userId is not null && UserIdRule.Validate(userId) is null)
        {
            var stamp = SecurityStampField.HashOf(await manager.GetSecurityStampAsync(user).ConfigureAwait(false));
            foreach (var source in registry.SourcesWithStamps(services))
            {
                await SecurityStamps.EndOutdatedAsync(source.Store, source.Services, accessor.HttpContext, userId, stamp, mine: null).ConfigureAwait(false);
            }
        }

        return IdentityResult.Success;
    }
}
