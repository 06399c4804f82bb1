using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Sact.Session;
using Sact.Session.Stores;

namespace SactWeb.Pages;

public sealed class DevicesModel(ISactSession session) : PageModel
{
    public IReadOnlyList<SessionData> Devices { get; private set; } = [];

    public async Task OnGetAsync() =>
        Devices = [.. (await session.GetActiveSessionsAsync()).OrderByDescending(device => device.IsCurrent)];

    public async Task<IActionResult> OnPostEndAsync(string? key)
    {
        if (!await IsFreshAsync())
        {
            return SignInFirst();
        }

        // A key of somebody else ends nothing.
        if (SessionKey.TryParse(key, null, out var device))
        {
            await session.DeleteSessionAsync(device);
        }

        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostEndOthersAsync()
    {
        if (!await IsFreshAsync())
        {
            return SignInFirst();
        }

        await session.DeleteOtherSessionsAsync();
        return RedirectToPage();
    }

    // Who has only the cookie must not sign out the owner (ASVS 5.0 V7.5.2).
    private async Task<bool> IsFreshAsync() => await session.GetAsync() is { } me && me.IsFresh(SignIns.FreshFor);

    private RedirectToPageResult SignInFirst() => RedirectToPage("/SignIn", new { returnUrl = Url.Page("/Devices") });
}
