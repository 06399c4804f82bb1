using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// The events of the application, each of which runs first, and what this package adds to three of them. A <c>PostConfigure</c> that runs
/// later sets its delegates on this object. They run second.
/// </summary>
/// <param name="inner">Finds the events of the application.</param>
internal sealed class ProviderEvents(Func<HttpContext, OpenIdConnectEvents> inner) : OpenIdConnectEvents
{
    /// <summary>Keeps what the id token says of the session at the provider.</summary>
    public override async Task TokenValidated(TokenValidatedContext context)
    {
        await inner(context.HttpContext).TokenValidated(context).ConfigureAwait(false);
        await base.TokenValidated(context).ConfigureAwait(false);
        if (context.Properties is { } properties
            && ProviderSession.Of(context.Scheme.Name, context.Options.ClientId!, context.SecurityToken) is { } session)
        {
            session.WriteTo(properties);
        }
    }

    /// <summary>Front-channel logout, unless the application has handled it.</summary>
    public override async Task RemoteSignOut(RemoteSignOutContext context)
    {
        await inner(context.HttpContext).RemoteSignOut(context).ConfigureAwait(false);
        await base.RemoteSignOut(context).ConfigureAwait(false);
        if (context.Result is null && context.ProtocolMessage is not null)
        {
            await FrontChannelLogout.HandleAsync(context, SchemeOf(context.HttpContext, context.Scheme.Name)).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the session before the browser leaves for the provider: the user may never come back from there.</summary>
    public override async Task RedirectToIdentityProviderForSignOut(RedirectContext context)
    {
        await inner(context.HttpContext).RedirectToIdentityProviderForSignOut(context).ConfigureAwait(false);
        await base.RedirectToIdentityProviderForSignOut(context).ConfigureAwait(false);
        string scheme = SchemeOf(context.HttpContext, context.Scheme.Name).SessionScheme;
        await context.HttpContext.SignOutAsync(scheme).ConfigureAwait(false);

        // A cookie scheme redirects to the return URL of its logout page. The browser goes to the provider instead.
        if (!context.Handled && context.Response.StatusCode == StatusCodes.Status302Found)
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.Headers.Remove("Location");
        }
    }

    public override async Task AccessDenied(AccessDeniedContext context)
    {
        await inner(context.HttpContext).AccessDenied(context).ConfigureAwait(false);
        await base.AccessDenied(context).ConfigureAwait(false);
    }

    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        await inner(context.HttpContext).RemoteFailure(context).ConfigureAwait(false);
        await base.RemoteFailure(context).ConfigureAwait(false);
    }

    public override async Task TicketReceived(TicketReceivedContext context)
    {
        await inner(context.HttpContext).TicketReceived(context).ConfigureAwait(false);
        await base.TicketReceived(context).ConfigureAwait(false);
    }

    public override async Task AuthenticationFailed(AuthenticationFailedContext context)
    {
        await inner(context.HttpContext).AuthenticationFailed(context).ConfigureAwait(false);
        await base.AuthenticationFailed(context).ConfigureAwait(false);
    }

    public override async Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context)
    {
        await inner(context.HttpContext).AuthorizationCodeReceived(context).ConfigureAwait(false);
        await base.AuthorizationCodeReceived(context).ConfigureAwait(false);
    }

    public override async Task MessageReceived(MessageReceivedContext context)
    {
        await inner(context.HttpContext).MessageReceived(context).ConfigureAwait(false);
        await base.MessageReceived(context).ConfigureAwait(false);
    }

    public override async Task PushAuthorization(PushedAuthorizationContext context)
    {
        await inner(context.HttpContext).PushAuthorization(context).ConfigureAwait(false);
        await base.PushAuthorization(context).ConfigureAwait(false);
    }

    public override async Task RedirectToIdentityProvider(RedirectContext context)
    {
        await inner(context.HttpContext).RedirectToIdentityProvider(context).ConfigureAwait(false);
        await base.RedirectToIdentityProvider(context).ConfigureAwait(false);
    }

    public override async Task SignedOutCallbackRedirect(RemoteSignOutContext context)
    {
        await inner(context.HttpContext).SignedOutCallbackRedirect(context).ConfigureAwait(false);
        await base.SignedOutCallbackRedirect(context).ConfigureAwait(false);
    }

    public override async Task TokenResponseReceived(TokenResponseReceivedContext context)
    {
        await inner(context.HttpContext).TokenResponseReceived(context).ConfigureAwait(false);
        await base.TokenResponseReceived(context).ConfigureAwait(false);
    }

    public override async Task UserInformationReceived(UserInformationReceivedContext context)
    {
        await inner(context.HttpContext).UserInformationReceived(context).ConfigureAwait(false);
        await base.UserInformationReceived(context).ConfigureAwait(false);
    }

    private static ProviderScheme SchemeOf(HttpContext context, string name) =>
        context.RequestServices.GetRequiredService<ProviderSchemes>().Find(name);
}
