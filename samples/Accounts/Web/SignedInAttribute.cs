using System.Security.Claims;
using Accounts.Users;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Sact.Session;

namespace Accounts.Web;

/// <summary>A page for who is signed in. Everybody else is sent to sign in, and comes back afterwards.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SignedInAttribute : Attribute, IAsyncAuthorizationFilter
{
    /// <summary>How long a password counts as just given.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether the page asks for the password again where it was given more than <see cref="FreshFor"/> ago (ASVS 5.0 V7.5.1).
    /// </summary>
    public bool Fresh { get; init; }

    /// <summary>Runs before the antiforgery check, whose order is 1000.</summary>
    public async Task OnAuthorizationAsync(AuthorizationFilterContext context)
    {
        var http = context.HttpContext;
        var session = http.GetSactSession();
        string here = http.Request.Path;
        if (await session.GetAsync() is not { UserId: { } id } me)
        {
            context.Result = new RedirectToPageResult("/SignIn", new { returnUrl = here });
        }
        else if (http.RequestServices.GetRequiredService<UserStore>().Find(id) is not { } user)
        {
            await session.DeleteAsync();
            context.Result = new RedirectToPageResult("/SignIn");
        }
        else if (Fresh && !me.IsFresh(FreshFor))
        {
            context.Result = new RedirectToPageResult("/Confirm", new { returnUrl = here });
        }
        else
        {
            http.Features.Set(new Visit(user, me));

            // Antiforgery binds a form to this user, so that nobody else's form is good here.
            http.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, id)], "session"));
        }
    }
}

/// <summary>Who is here, and by which session.</summary>
internal sealed record Visit(User User, SessionData Session);
