using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace SactWeb;

/// <summary>Signs a user in, by a registration or by a password.</summary>
public static class SignIns
{
    /// <summary>How long a password counts as just given.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(5);

    /// <returns>False, and nobody is signed in, if the password was changed since the user was read.</returns>
    public static async Task<bool> BeginAsync(HttpContext context, Users users, User user)
    {
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, user.Id), new Claim(ClaimTypes.Name, user.Name)], "password");
        await context.SignInAsync(new ClaimsPrincipal(identity));

        // A change of password ends the other sessions. This one began with the old password, and may be too late to be among them.
        if (users.Find(user.Id)?.PasswordHash == user.PasswordHash)
        {
            return true;
        }

        await context.SignOutAsync();
        return false;
    }
}
