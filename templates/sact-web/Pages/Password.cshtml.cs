using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Sact.Session;

namespace SactWeb.Pages;

[EnableRateLimiting("passwords")]
public sealed class PasswordModel(Users users, ISactSession session) : PageModel
{
    [BindProperty, Required, StringLength(Users.MaxPasswordLength)]
    public string Current { get; set; } = "";

    [BindProperty, Required, StringLength(Users.MaxPasswordLength, MinimumLength = Users.MinPasswordLength)]
    public string Chosen { get; set; } = "";

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
        {
            return Page();
        }

        if (users.Find(User.FindFirstValue(ClaimTypes.NameIdentifier)!) is not { } me || users.Check(me.Name, Current) is not { } user)
        {
            ModelState.AddModelError(nameof(Current), "That is not your password.");
            return Page();
        }

        // It was changed elsewhere meanwhile, so this request has proved nothing.
        if (!users.ReplacePassword(user, Chosen))
        {
            await HttpContext.SignOutAsync();
            return RedirectToPage("/SignIn");
        }

        // Nobody can sign in with the old password any more. This session gets a new id, in case somebody knows the old one.
        await session.DeleteOtherSessionsAsync(renewCurrent: true);
        return RedirectToPage("/Devices");
    }
}
