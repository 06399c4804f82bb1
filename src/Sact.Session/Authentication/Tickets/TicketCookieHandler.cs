using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// The framework's cookie handler, but for two things: a sign-out deletes the cookie even if the store fails, and a sign-in ends the ticket that was presented and makes a new one. The framework's renews the one it knows, which keeps an id that others may know, and
/// after a sign-out in the same request renews what is gone.
/// </summary>
internal sealed class TicketCookieHandler(IOptionsMonitor<CookieAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder) : CookieAuthenticationHandler(options, logger, encoder)
{
    private readonly IOptionsMonitor<CookieAuthenticationOptions> _options = options;
    private readonly ILoggerFactory _logger = logger;
    private readonly UrlEncoder _encoder = encoder;
    private bool _isForOneSignIn;
    private bool _signedInByAnother;

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        if (_isForOneSignIn || Options.SessionStore is not SactTicketStore store)
        {
            await base.HandleSignInAsync(user, properties).ConfigureAwait(false);
            return;
        }

        if (Response.HasStarted)
        {
            throw new InvalidOperationException("The response has started, so no cookie can be sent any more. Sign in before the first byte of the body is written.");
        }

        // A handler that has not looked at the request's cookie yet: it finds that the ticket has ended, and stores a new one.
        var tickets = TicketsOfRequest.Of(Context, store);
        var fresh = new TicketCookieHandler(_options, _logger, _encoder) { _isForOneSignIn = true };
        tickets.SigningIn = true;
        try
        {
            await fresh.InitializeAsync(Scheme, Context).ConfigureAwait(false);
            _signedInByAnother = true;
            await fresh.SignInAsync(user, properties).ConfigureAwait(false);
        }
        finally
        {
            tickets.SigningIn = false;
        }
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        if (Options.SessionStore is not SactTicketStore store)
        {
            await base.HandleSignOutAsync(properties).ConfigureAwait(false);
            return;
        }

        try
        {
            await store.EndStoredAsync(Context).ConfigureAwait(false);
            await base.HandleSignOutAsync(properties).ConfigureAwait(false);
        }
        catch (SessionStoreException)
        {
            DeleteCookieLast();
            throw;
        }
    }

    // The ticket could not be ended; the browser forgets it all the same. When the response starts, because whoever answers the fault clears the headers first.
    private void DeleteCookieLast()
    {
        if (Response.HasStarted)
        {
            return;
        }

        var cookie = Options.Cookie.Build(Context);
        cookie.Expires = null;
        Response.OnStarting(() =>
        {
            Options.CookieManager.DeleteCookie(Context, Options.Cookie.Name!, cookie);
            return Task.CompletedTask;
        });
    }

    protected override async Task FinishResponseAsync()
    {
        if (_signedInByAnother)
        {
            return;
        }

        try
        {
            await base.FinishResponseAsync().ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (Options.SessionStore is SactTicketStore store)
        {
            store.TellNotRenewed(fault, Context);
        }
    }
}
