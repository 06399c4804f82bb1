using Accounts.Web;
using Microsoft.AspNetCore.Mvc;
using Sact.Session;

namespace Accounts.Pages;

/// <summary>Signs out by a form, never by a link: what is fetched ahead, or called up by another site, must sign nobody out.</summary>
internal sealed class SignOutPage(ISactSession session, Notices notices) : SignedInPage
{
    public async Task<IActionResult> OnPostAsync()
    {
        await session.DeleteAsync();
        notices.Leave("You are signed out on this device.");
        return RedirectToPage("/SignIn");
    }
}
