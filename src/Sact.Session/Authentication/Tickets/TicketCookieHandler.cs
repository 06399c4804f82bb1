using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// The framework's cookie handler with these differences. A sign-out deletes the cookie even if the store fails. A sign-in ends the ticket
/// that was presented and creates a new one. A ticket that has ended sends no cookie. No cache shares a page that depends on the cookie.
/// An endpoint with <see cref="DisableSlidingExpirationAttribute"/> extends no ticket.
/// </summary>
/// <remarks>
/// The framework's handler renews the first ticket that it has seen. That keeps an id which others may know. After a sign-out in the same
/// request, the ticket does not even exist any more.
/// </remarks>
internal sealed class TicketCookieHandler(
    IOptionsMonitor<CookieAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : CookieAuthenticationHandler(options, logger, encoder)
{
    private readonly IOptionsMonitor<CookieAuthenticationOptions> _options = options;
    private readonly ILoggerFactory _logger = logger;
    private readonly UrlEncoder _encoder = encoder;
    private bool _isForOneSignIn;
    private bool _signedInByAnother;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Options.SessionStore is not SactTicketStore store)
        {
            return await base.HandleAuthenticateAsync().ConfigureAwait(false);
        }

        var request = store.MarkUsed(Context);
        var events = Events;
        if (PollingEndpoint.IsReached(Context))
        {
            Events = new EventsOfAPoll(events);
        }

        try
        {
            var result = await base.HandleAuthenticateAsync().ConfigureAwait(false);
            if (result.Succeeded)
            {
                request.MarkUserRead();
            }

            return result;
        }
        finally
        {
            Events = events;
        }
    }

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        if (_isForOneSignIn || Options.SessionStore is not SactTicketStore store)
        {
            await base.HandleSignInAsync(user, properties).ConfigureAwait(false);
            return;
        }

        if (Response.HasStarted)
        {
            throw new InvalidOperationException(
                "The response has started, so no cookie can be sent. Sign in before the first byte of the body is written.");
        }

        var request = store.MarkUsed(Context);
        request.ForbidStoring();

        // A new handler has not read the request's cookie. It finds that the ticket has ended, and stores a new one.
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
            DeleteCookieAtStart();
            throw;
        }
    }

    protected override async Task FinishResponseAsync()
    {
        if (_signedInByAnother)
        {
            return;
        }

        if (Options.SessionStore is not SactTicketStore store)
        {
            await base.FinishResponseAsync().ConfigureAwait(false);
            return;
        }

        var tickets = TicketsOfRequest.Of(Context, store);
        tickets.SendsCookie = true;
        try
        {
            await base.FinishResponseAsync().ConfigureAwait(false);
        }
        catch (SessionStoreException fault)
        {
            store.LogNotRenewed(fault, Context);
        }
        catch (TicketEndedException)
        {
            // The store has logged it.
        }
        finally
        {
            tickets.SendsCookie = false;
        }
    }

    // The browser must forget a ticket that the store could not end. An exception handler clears the headers before it answers, so the
    // cookie is deleted when the response starts.
    private void DeleteCookieAtStart()
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
}
