using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Accounts.Pages;

/// <summary>
/// What is shown in place of an answer that failed. It asks for no session: the store may be what has failed. A form that was refused is
/// answered here too, so it demands no token.
/// </summary>
[IgnoreAntiforgeryToken]
internal sealed class ErrorPage : PageModel
{
    public string Title => Words.Title;

    public string Text => Words.Text;

    private (string Title, string Text) Words => Response.StatusCode switch
    {
        StatusCodes.Status400BadRequest =>
            (
                "That form is out of date",
                "It was opened before you signed in or out, or a while ago. Go back, load the page again and try once more."),
        StatusCodes.Status404NotFound => ("There is no such page", "Look at the address, or start again from the beginning."),
        StatusCodes.Status429TooManyRequests =>
            ("Too many tries", "Too many passwords have come from where you are. Wait a minute and try again."),
        StatusCodes.Status503ServiceUnavailable => ("Not available for the moment", "Nothing is lost. Try again in a moment."),
        _ => ("Something went wrong", "It is not your fault. Try again, or come back later."),
    };
}
