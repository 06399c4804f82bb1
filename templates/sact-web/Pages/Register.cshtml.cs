using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace SactWeb.Pages;

[EnableRateLimiting("passwords")]
public sealed class RegisterModel(Users users) : PageModel
{
    [BindProperty, Required, StringLength(64)]
    public string Name { get; set; } = "";

    [BindProperty, Required, StringLength(Users.MaxPasswordLength, MinimumLength = Users.MinPasswordLength)]
    public string Password { get; set; } = "";

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
        {
            return Page();
        }

        if (users.Add(Name, Password) is not { } user)
        {
            ModelState.AddModelError(nameof(Name), "This name is taken.");
            return Page();
        }

        await SignIns.BeginAsync(HttpContext, users, user);
        return RedirectToPage("/Devices");
    }
}
