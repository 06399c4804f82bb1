using Accounts.Users;
using Accounts.Web;
using Microsoft.AspNetCore.Mvc;
using Sact.Session;

namespace Accounts.Pages;

/// <summary>
/// The name belongs to the user, so it lies in the users' table. The appearance belongs to the device, so it lies with the session.
/// </summary>
internal sealed class ProfilePage(UserStore users, ISactSession session, Notices notices) : SignedInPage
{
    public const int LongestName = 60;

    public static readonly string[] Appearances = ["system", "light", "dark"];

    public string DisplayName { get; private set; } = "";

    public void OnGet() => DisplayName = Account.DisplayName;

    public IActionResult OnPostName(string? displayName)
    {
        DisplayName = displayName?.Trim() ?? "";
        if (DisplayName.Length is 0 or > LongestName || DisplayName.Any(char.IsControl))
        {
            ModelState.AddModelError(nameof(DisplayName), $"A display name has 1 to {LongestName} characters.");
            return Page();
        }

        users.SetDisplayName(Account.Id, DisplayName);
        notices.Leave("The name is saved.");
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostAppearanceAsync(string? appearance)
    {
        if (!Appearances.Contains(appearance))
        {
            return BadRequest();
        }

        // False if the session has ended since this request was let in; the page asked for next will say so.
        if (await session.UpdateAsync(new() { ["appearance"] = appearance }))
        {
            notices.Leave("The appearance is saved.");
        }

        return RedirectToPage();
    }
}
