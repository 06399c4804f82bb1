using IdentityApp.Administration;
using IdentityApp.Data;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Sact.Session;

namespace IdentityApp.Pages.Admin;

[Authorize(Policy = Administrator.Policy)]
public class UsersModel(UserManager<IdentityUser> users, ApplicationDbContext data, ISactSession session) : PageModel
{
    public IReadOnlyList<Row> Rows { get; private set; } = [];

    [TempData]
    public string? Notice { get; set; }

    public async Task OnGetAsync()
    {
        var now = DateTimeOffset.UtcNow;
        long milliseconds = now.ToUnixTimeMilliseconds();
        var found = await data.Users.AsNoTracking().OrderBy(user => user.UserName).Take(100).ToListAsync();
        string?[] ids = [.. found.Select(user => user.Id)];

        // The sessions are in the same database. Their user ids are bytes there, so compare them with values and not with a column.
        var devices = await data.Set<SessionRow>()
            .Where(row => ids.Contains(row.UserId) && row.State == (int)SessionState.SignedIn && row.ExpiresAt > milliseconds)
            .GroupBy(row => row.UserId!)
            .Select(rows => new { UserId = rows.Key, Count = rows.Count() })
            .ToDictionaryAsync(rows => rows.UserId, rows => rows.Count);
        string? me = users.GetUserId(User);
        Rows = [.. found.Select(user => new Row(
            user.Id, user.UserName ?? user.Id, devices.GetValueOrDefault(user.Id), user.LockoutEnd >= now, user.Id == me))];
    }

    // A locked-out user is signed out everywhere when Identity has saved the lockout.
    public Task<IActionResult> OnPostLockOutAsync(string? id) => ChangeAsync(id, "is locked out.", async user =>
        await users.SetLockoutEnabledAsync(user, true) is { Succeeded: false } refused
            ? refused
            : await users.SetLockoutEndDateAsync(user, DateTimeOffset.MaxValue));

    public Task<IActionResult> OnPostUnlockAsync(string? id) => ChangeAsync(id, "may sign in again.", async user =>
        await users.ResetAccessFailedCountAsync(user) is { Succeeded: false } refused
            ? refused
            : await users.SetLockoutEndDateAsync(user, null));

    // A deleted user is signed out everywhere as well.
    public Task<IActionResult> OnPostDeleteAsync(string? id) => ChangeAsync(id, "is deleted.", users.DeleteAsync);

    private async Task<IActionResult> ChangeAsync(string? id, string done, Func<IdentityUser, Task<IdentityResult>> change)
    {
        if (await this.RequireAsync(session, "/Admin/Users") is { } login)
        {
            return login;
        }

        if (id is null || await users.FindByIdAsync(id) is not { } user)
        {
            Notice = "There is no such user any more.";
        }
        else if (user.Id == users.GetUserId(User))
        {
            Notice = "Nothing has changed. You cannot lock out or delete yourself here.";
        }
        else
        {
            var result = await change(user);
            Notice = result.Succeeded
                ? $"{user.UserName} {done}"
                : $"Nothing has changed. {string.Join(" ", result.Errors.Select(error => error.Description))}";
        }

        return RedirectToPage();
    }

    public sealed record Row(string Id, string Name, int Devices, bool IsLockedOut, bool IsMe);
}
