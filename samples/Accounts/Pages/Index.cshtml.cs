using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Sact.Session;

namespace Accounts.Pages;

internal sealed class IndexPage(ISactSession session) : PageModel
{
    public async Task<IActionResult> OnGetAsync() => await session.GetAsync() is null ? Page() : RedirectToPage("/Profile");
}
