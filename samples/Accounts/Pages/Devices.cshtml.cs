using Accounts.Web;
using Microsoft.AspNetCore.Mvc;
using Sact.Session;

namespace Accounts.Pages;

internal sealed class DevicesPage(ISactSession session, Notices notices, TimeProvider clock) : SignedInPage
{
    public IReadOnlyList<Device> Devices { get; private set; } = [];

    public DateTimeOffset Now { get; } = clock.GetUtcNow();

    public static string SignedOut(long ended) => ended switch
    {
        0 => "No other device was signed in.",
        1 => "One other device is signed out.",
        _ => $"{ended} other devices are signed out.",
    };

    // "Last seen" is written now and then, so the device in use may look older than another one.
    public async Task OnGetAsync() => Devices =
        [.. (await session.GetActiveSessionsAsync()).OrderByDescending(found => found.IsCurrent).Select(found => new Device(found))];

    public async Task<IActionResult> OnPostEndAsync(string? key)
    {
        if (!Me.IsFresh(SignedInAttribute.FreshFor))
        {
            return ConfirmFirst();
        }

        // A key that is not the user's own ends nothing, and is answered like a device that has gone by itself.
        notices.Leave(SessionKey.TryParse(key, null, out var device) && await session.DeleteSessionAsync(device)
            ? "The device is signed out."
            : "That device was signed out already.");
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostEndOthersAsync()
    {
        if (!Me.IsFresh(SignedInAttribute.FreshFor))
        {
            return ConfirmFirst();
        }

        notices.Leave(SignedOut(await session.DeleteOtherSessionsAsync()));
        return RedirectToPage();
    }

    // Who has only the cookie must not throw out the owner (ASVS 5.0 V7.5.2).
    private RedirectToPageResult ConfirmFirst() => RedirectToPage("/Confirm", new { returnUrl = Url.Page("/Devices") });
}

/// <summary>One line of the list.</summary>
internal sealed class Device(SessionData session)
{
    public SessionKey Key => session.Key;

    public string Name => DeviceName.From(session.LastSeenClient?.UserAgent);

    public bool IsHandheld => DeviceName.IsHandheld(session.LastSeenClient?.UserAgent);

    public string Address => session.LastSeenClient?.RemoteAddress ?? "unknown";

    public DateTimeOffset SignedInAt => session.CreatedAt;

    public DateTimeOffset LastSeenAt => session.LastSeenAt;

    public bool IsCurrent => session.IsCurrent;
}
