using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;

namespace Sact.Session;

/// <summary>
/// Watches a user manager that is no <see cref="SactUserManager{TUser}"/>: when the response starts, it compares the user's sessions with
/// what is saved. It is a validator, because Identity calls the validators before every save. It never refuses a user.
/// </summary>
internal sealed class SecurityStampWatch<TUser> : IUserValidator<TUser>
    where TUser : class
{
    private readonly SessionsOfUsers _sessions;

    // Identity creates its validators before it creates a user manager, so the type is known before a user is.
    public SecurityStampWatch(SessionsOfUsers sessions)
    {
        _sessions = sessions;
        sessions.Users.Know<TUser>();
    }

    public async Task<IdentityResult> ValidateAsync(UserManager<TUser> manager, TUser user)
    {
        ArgumentNullException.ThrowIfNull(manager);
        if (manager is not SactUserManager<TUser>
            && _sessions.Request is { Response.HasStarted: false } request
            && await manager.GetUserIdAsync(user).ConfigureAwait(false) is { } userId)
        {
            ChangedUsersOfRequest.Add(request, _sessions, userId, manager.Options.Lockout.DefaultLockoutTimeSpan);
        }

        return IdentityResult.Success;
    }
}
