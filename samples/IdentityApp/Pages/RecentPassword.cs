using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Sact.Session;

namespace IdentityApp.Pages;

/// <summary>Who has only the cookie must not sign out its owner or change users (ASVS 5.0 V7.5.2, V7.5.3).</summary>
public static class RecentPassword
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    /// <summary>Leads to the page that requests the password, and back; null if the password was given recently.</summary>
    public static async Task<IActionResult?> RequireAsync(this PageModel page, ISactSession session, string returnPage) =>
        await session.GetAsync() is { } me && me.IsFresh(FreshFor)
            ? null
            : page.RedirectToPage(
                "/Account/Login", new { area = "Identity", returnUrl = page.Url.Page(returnPage, new { area = "" }) });
}
