using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace SactWeb.Pages;

[EnableRateLimiting("passwords")]
public sealed class SignInModel(Users users) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    [BindProperty, Required]
    public string Name { get; set; } = "";

    [BindProperty, Required, StringLength(Users.MaxPasswordLength)]
    public string Password { get; set; } = "";

    public void OnGet() => ModelState.Clear();

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
        {
            return Page();
        }

        if (users.Check(Name, Password) is not { } user || !await SignIns.BeginAsync(HttpContext, users, user))
        {
            // One sentence for both, so that nobody learns who has an account.
            ModelState.AddModelError("", "The user name or the password is wrong.");
            return Page();
        }

        return Url.IsLocalUrl(ReturnUrl) ? LocalRedirect(ReturnUrl) : RedirectToPage("/Devices");
    }
}
