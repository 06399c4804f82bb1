using System.ComponentModel.DataAnnotations;
using Accounts.Users;
using Accounts.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace Accounts.Pages;

[EnableRateLimiting(Passwords.Brake)]
internal sealed class RegisterPage(UserStore users, Passwords passwords, SignIns signIns, Notices notices, TimeProvider clock) : PageModel
{
    // No more than ASCII, so that no two names look alike.
    [BindProperty, Required(ErrorMessage = "Choose a user name.")]
    [RegularExpression("[A-Za-z0-9._-]{2,32}", ErrorMessage = "A user name has 2 to 32 letters, digits, dots, dashes and underscores.")]
    public string UserName { get; set; } = "";

    [BindProperty, Required(ErrorMessage = "Choose a password.")]
    [StringLength(
        Passwords.MaxLength,
        MinimumLength = Passwords.MinLength,
        ErrorMessage = "A password has at least {2} characters, and at most {1}.")]
    public string Password { get; set; } = "";

    [BindProperty, Required(ErrorMessage = "Type the password once more.")]
    [Compare(nameof(Password), ErrorMessage = "The two passwords are not the same.")]
    public string Repeated { get; set; } = "";

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
        {
            return Page();
        }

        var user = new User
        {
            Id = Guid.CreateVersion7().ToString(),
            Name = UserName,
            DisplayName = UserName,
            PasswordHash = passwords.Hash(Password),
            CreatedAt = clock.GetUtcNow(),
        };
        if (!users.TryAdd(user))
        {
            // Without e-mail addresses there is no way round telling this.
            ModelState.AddModelError(nameof(UserName), "That user name is taken. Choose another.");
            return Page();
        }

        await signIns.BeginAsync(user, remember: false);
        notices.Leave("Your account is there, and you are signed in.");
        return RedirectToPage("/Profile");
    }
}
