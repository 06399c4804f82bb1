using Accounts.Users;
using Accounts.Web;
using Microsoft.AspNetCore.Mvc;
using Sact.Session;

namespace Accounts.Pages;

[SignedIn(Fresh = true)]
internal sealed class DeleteAccountPage(UserStore users, ISactSession session, Notices notices) : SignedInPage
{
    public async Task<IActionResult> OnPostAsync()
    {
        // In this order: nobody can sign in any more, so what is ended now is all. Were the store to fail here, a session without a user
        // would be nobody's all the same.
        users.Delete(Account.Id);
        await session.DeleteAllSessionsAsync();
        notices.Leave("Your account is deleted, and every device is signed out.");
        return RedirectToPage("/Index");
    }
}
