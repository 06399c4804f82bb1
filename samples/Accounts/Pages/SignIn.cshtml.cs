using System.ComponentModel.DataAnnotations;
using Accounts.Users;
using Accounts.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Sact.Session;

namespace Accounts.Pages;

[EnableRateLimiting(Passwords.Brake)]
internal sealed class SignInPage(Passwords passwords, SignIns signIns, ISactSession session) : PageModel
{
    /// <summary>Where the visitor wanted to go; followed only if it is on this site.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    [BindProperty, Required(ErrorMessage = "Type your user name.")]
    public string UserName { get; set; } = "";

    [BindProperty, Required(ErrorMessage = "Type your password."), StringLength(
        Passwords.MaxLength, ErrorMessage = "No password here is as long as that.")]
    public string Password { get; set; } = "";

    [BindProperty]
    public bool Remember { get; set; }

    /// <summary>Why the visitor is here. The session knows it once it was read, and only for the visitor's own cookie.</summary>
    public string Why => SignedOut.Because(session.EndReason);

    public async Task<IActionResult> OnGetAsync()
    {
        ModelState.Clear();
        return await session.GetAsync() is null ? Page() : LeadOn();
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
        {
            return Page();
        }

        if (passwords.Check(UserName, Password) is not { } user || !await signIns.BeginAsync(user, Remember))
        {
            // One sentence for both, so that nobody learns who has an account.
            ModelState.AddModelError("", "The user name or the password is wrong.");
            return Page();
        }

        return LeadOn();
    }

    private IActionResult LeadOn() => Url.IsLocalUrl(ReturnUrl) ? LocalRedirect(ReturnUrl) : RedirectToPage("/Profile");
}
