using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Sact.Session;
using Sact.Session.Stores;

namespace IdentityApp.Pages;

[Authorize]
public class DevicesModel(ISactSession session) : PageModel
{
    public IReadOnlyList<SessionData> Devices { get; private set; } = [];

    [TempData]
    public string? Notice { get; set; }

    // The last seen is first, and this one before it.
    public async Task OnGetAsync() =>
        Devices = [.. (await session.GetActiveSessionsAsync()).OrderByDescending(device => device.IsCurrent)];

    public async Task<IActionResult> OnPostEndAsync(string? key)
    {
        if (await this.RequireAsync(session, "/Devices") is { } login)
        {
            return login;
        }

        // A key of somebody else ends nothing.
        Notice = SessionKey.TryParse(key, null, out var device) && await session.DeleteSessionAsync(device)
            ? "The device is signed out."
            : "That device was signed out already.";
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostEndOthersAsync()
    {
        if (await this.RequireAsync(session, "/Devices") is { } login)
        {
            return login;
        }

        long ended = await session.DeleteOtherSessionsAsync();
        Notice = ended == 1 ? "1 other device is signed out." : $"{ended} other devices are signed out.";
        return RedirectToPage();
    }
}
