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
        await RunAsync(context, inner(context.HttpContext).TokenValidated, base.TokenValidated).ConfigureAwait(false);
        if (context.Properties is { } properties
            && ProviderSession.Of(context.Scheme.Name, context.Options.ClientId!, context.SecurityToken) is { } session)
        {
            session.WriteTo(properties);
        }
    }

    /// <summary>Front-channel logout, unless the application has handled it.</summary>
    public override async Task RemoteSignOut(RemoteSignOutContext context)
    {
        await RunAsync(context, inner(context.HttpContext).RemoteSignOut, base.RemoteSignOut).ConfigureAwait(false);
        if (context.Result is null && context.ProtocolMessage is not null)
        {
            await FrontChannelLogout.HandleAsync(context, SchemeOf(context.HttpContext, context.Scheme.Name)).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the session before the browser leaves for the provider: the user may never come back from there.</summary>
    public override async Task RedirectToIdentityProviderForSignOut(RedirectContext context)
    {
        var first = inner(context.HttpContext);
        await RunAsync(
            context, first.RedirectToIdentityProviderForSignOut, base.RedirectToIdentityProviderForSignOut).ConfigureAwait(false);
        var scheme = SchemeOf(context.HttpContext, context.Scheme.Name);
        await SessionSignOut.RunAsync(context.HttpContext, scheme, keepsRedirect: context.Handled).ConfigureAwait(false);
    }

    public override Task AccessDenied(AccessDeniedContext context) =>
        RunAsync(context, inner(context.HttpContext).AccessDenied, base.AccessDenied);

    public override Task RemoteFailure(RemoteFailureContext context) =>
        RunAsync(context, inner(context.HttpContext).RemoteFailure, base.RemoteFailure);

    public override Task TicketReceived(TicketReceivedContext context) =>
        RunAsync(context, inner(context.HttpContext).TicketReceived, base.TicketReceived);

    public override Task AuthenticationFailed(AuthenticationFailedContext context) =>
        RunAsync(context, inner(context.HttpContext).AuthenticationFailed, base.AuthenticationFailed);

    public override Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context) =>
        RunAsync(context, inner(context.HttpContext).AuthorizationCodeReceived, base.AuthorizationCodeReceived);

    public override Task MessageReceived(MessageReceivedContext context) =>
        RunAsync(context, inner(context.HttpContext).MessageReceived, base.MessageReceived);

    public override Task PushAuthorization(PushedAuthorizationContext context) =>
        RunAsync(context, inner(context.HttpContext).PushAuthorization, base.PushAuthorization);

    public override Task RedirectToIdentityProvider(RedirectContext context) =>
        RunAsync(context, inner(context.HttpContext).RedirectToIdentityProvider, base.RedirectToIdentityProvider);

    public override Task SignedOutCallbackRedirect(RemoteSignOutContext context) =>
        RunAsync(context, inner(context.HttpContext).SignedOutCallbackRedirect, base.SignedOutCallbackRedirect);

    public override Task TokenResponseReceived(TokenResponseReceivedContext context) =>
        RunAsync(context, inner(context.HttpContext).TokenResponseReceived, base.TokenResponseReceived);

    public override Task UserInformationReceived(UserInformationReceivedContext context) =>
        RunAsync(context, inner(context.HttpContext).UserInformationReceived, base.UserInformationReceived);

    /// <summary>Runs the event of the application, and then what a late <c>PostConfigure</c> has set on this object.</summary>
    private static async Task RunAsync<T>(T context, Func<T, Task> first, Func<T, Task> second)
    {
        await first(context).ConfigureAwait(false);
        await second(context).ConfigureAwait(false);
    }

    private static ProviderScheme SchemeOf(HttpContext context, string name) =>
        context.RequestServices.GetRequiredService<ProviderSchemes>().Find(name);
}
