using Accounts.Users;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Sact.Session;

namespace Accounts.Web;

/// <summary>A page of the signed-in user.</summary>
[SignedIn]
internal abstract class SignedInPage : PageModel
{
    public User Account => Visit.User;

    public SessionData Me => Visit.Session;

    private Visit Visit => HttpContext.Features.GetRequiredFeature<Visit>();
}
