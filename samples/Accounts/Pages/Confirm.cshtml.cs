using System.ComponentModel.DataAnnotations;
using Accounts.Users;
using Accounts.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Sact.Session;

namespace Accounts.Pages;

/// <summary>The step-up: the password once more, before something that cannot be undone.</summary>
[EnableRateLimiting(Passwords.Brake)]
internal sealed class ConfirmPage(Passwords passwords, ISactSession session) : SignedInPage
{
    /// <summary>Where the visitor wanted to go; followed only if it is on this site.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    [BindProperty, Required(ErrorMessage = "Type your password."), StringLength(
        Passwords.MaxLength, ErrorMessage = "No password here is as long as that.")]
    public string Password { get; set; } = "";

    public void OnGet() => ModelState.Clear();

    public async Task<IActionResult> OnPostAsync()
    {
        if (ModelState.IsValid && !passwords.IsOf(Account, Password))
        {
            ModelState.AddModelError(nameof(Password), "That is not your password.");
        }

        if (!ModelState.IsValid)
        {
            return Page();
        }

        // The same session under a new secret, and fresh again. False if it has ended meanwhile; the next page asks anew, and says so.
        _ = await session.RaiseAsync(Me.AssuranceLevel);
        return Url.IsLocalUrl(ReturnUrl) ? LocalRedirect(ReturnUrl) : RedirectToPage("/Profile");
    }
}
