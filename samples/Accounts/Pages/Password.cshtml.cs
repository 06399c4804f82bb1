using System.ComponentModel.DataAnnotations;
using Accounts.Users;
using Accounts.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Sact.Session;

namespace Accounts.Pages;

[EnableRateLimiting(Passwords.Brake)]
internal sealed class PasswordPage(UserStore users, Passwords passwords, ISactSession session, Notices notices) : SignedInPage
{
    [BindProperty, Required(ErrorMessage = "Type the password you have had until now.")]
    [StringLength(Passwords.MaxLength, ErrorMessage = "No password here is as long as that.")]
    public string Current { get; set; } = "";

    [BindProperty, Required(ErrorMessage = "Choose a new password.")]
    [StringLength(
        Passwords.MaxLength,
        MinimumLength = Passwords.MinLength,
        ErrorMessage = "A password has at least {2} characters, and at most {1}.")]
    public string Chosen { get; set; } = "";

    [BindProperty, Required(ErrorMessage = "Type the new password once more.")]
    [Compare(nameof(Chosen), ErrorMessage = "The two new passwords are not the same.")]
    public string Repeated { get; set; } = "";

    public async Task<IActionResult> OnPostAsync()
    {
        if (ModelState.IsValid && !passwords.IsOf(Account, Current))
        {
            ModelState.AddModelError(nameof(Current), "That is not your password.");
        }

        if (!ModelState.IsValid)
        {
            return Page();
        }

        // Not replaced if it was changed elsewhere meanwhile: this request has checked a password that is no longer valid.
        if (!users.TryReplacePassword(Account, passwords.Hash(Chosen)))
        {
            await session.DeleteAsync();
            return RedirectToPage("/SignIn");
        }

        // In this order: nobody can sign in by the old password any more, so what is ended now is all. Then this session gets a new secret,
        // in case the old one was seen (ASVS 5.0 V7.4.3, V7.2.4).
        long ended = await session.DeleteOtherSessionsAsync();
        _ = await session.RenewAsync(immediately: true);
        notices.Leave("Your password is changed. " + DevicesPage.SignedOut(ended));
        return RedirectToPage("/Profile");
    }
}
