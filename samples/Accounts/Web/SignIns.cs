using Accounts.Users;
using Sact.Session;

namespace Accounts.Web;

/// <summary>How a sign-in begins, whether by registering or by password.</summary>
internal sealed class SignIns(ISactSession session, UserStore users)
{
    // Without "remember me" the browser forgets the cookie when it closes. Not every browser does, so the session is short as well.
    private static readonly SessionSignInOptions s_thisVisit =
        new() { IsPersistent = false, IdleTimeout = TimeSpan.FromHours(1), AbsoluteTimeout = TimeSpan.FromHours(12) };

    // The longest that the application allows: 7 days unused, 28 days in all, by the library's defaults.
    private static readonly SessionSignInOptions s_remembered = new() { IsPersistent = true };

    /// <returns>
    /// False, and nobody is signed in, if the password has been changed or the account deleted since <paramref name="user"/> was read.
    /// </returns>
    public async Task<bool> BeginAsync(User user, bool remember)
    {
        await session.SetAsync(user.Id, null, remember ? s_remembered : s_thisVisit);

        // A change of password ends the other sessions. This one, begun with the old password, may have come just too late to be among
        // them.
        if (users.Find(user.Id)?.PasswordHash == user.PasswordHash)
        {
            return true;
        }

        await session.DeleteAsync();
        return false;
    }
}
