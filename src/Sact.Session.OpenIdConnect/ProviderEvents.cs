using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// The events of the application, each of which runs first, and what this package adds to three of them.
/// </summary>
/// <param name="inner">Finds the events of the application.</param>
internal sealed class ProviderEvents(Func<HttpContext, OpenIdConnectEvents> inner) : OpenIdConnectEvents
{
    /// <summary>Keeps what the id token says of the session at the provider.</summary>
    public override async Task TokenValidated(TokenValidatedContext context)
    {
        await inner(context.HttpContext).TokenValidated(context).ConfigureAwait(false);
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
        if (context.Result is null && context.ProtocolMessage is not null)
        {
            await FrontChannelLogout.HandleAsync(context, SchemeOf(context.HttpContext, context.Scheme.Name)).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the session before the browser leaves for the provider: the user may never come back from there.</summary>
    public override async Task RedirectToIdentityProviderForSignOut(RedirectContext context)
    {
        await inner(context.HttpContext).RedirectToIdentityProviderForSignOut(context).ConfigureAwait(false);
        string scheme = SchemeOf(context.HttpContext, context.Scheme.Name).SessionScheme;
        await context.HttpContext.SignOutAsync(scheme).ConfigureAwait(false);

        // A cookie scheme redirects to the return URL of its logout page. The browser goes to the provider instead.
        if (!context.Handled && context.Response.StatusCode == StatusCodes.Status302Found)
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.Headers.Remove("Location");
        }
    }

    public override Task AccessDenied(AccessDeniedContext context) => inner(context.HttpContext).AccessDenied(context);

    public override Task RemoteFailure(RemoteFailureContext context) => inner(context.HttpContext).RemoteFailure(context);

    public override Task TicketReceived(TicketReceivedContext context) => inner(context.HttpContext).TicketReceived(context);

    public override Task AuthenticationFailed(AuthenticationFailedContext context) =>
        inner(context.HttpContext).AuthenticationFailed(context);

    public override Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context) =>
        inner(context.HttpContext).AuthorizationCodeReceived(context);

    public override Task MessageReceived(MessageReceivedContext context) => inner(context.HttpContext).MessageReceived(context);

    public override Task PushAuthorization(PushedAuthorizationContext context) =>
        inner(context.HttpContext).PushAuthorization(context);

    public override Task RedirectToIdentityProvider(RedirectContext context) =>
        inner(context.HttpContext).RedirectToIdentityProvider(context);

    public override Task SignedOutCallbackRedirect(RemoteSignOutContext context) =>
        inner(context.HttpContext).SignedOutCallbackRedirect(context);

    public override Task TokenResponseReceived(TokenResponseReceivedContext context) =>
        inner(context.HttpContext).TokenResponseReceived(context);

    public override Task UserInformationReceived(UserInformationReceivedContext context) =>
        inner(context.HttpContext).UserInformationReceived(context);

    private static ProviderScheme SchemeOf(HttpContext context, string name) =>
        context.RequestServices.GetRequiredService<ProviderSchemes>().Find(name);
}
