using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Sact.Session;

/// <summary>
/// Front-channel logout: a page of the provider loads a URL of this application in a frame. It ends the session of the request, if issuer
/// and session are those of that session. Any other page could load the URL too, and cannot know them.
/// </summary>
internal static class FrontChannelLogout
{
    public static async Task HandleAsync(RemoteSignOutContext context, ProviderScheme scheme)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (scheme.OwnsCookie)
        {
            await EndSessionAsync(context, scheme).ConfigureAwait(false);
            context.HandleResponse();
            return;
        }

        // The framework compares the session only with a claim, which need not be there. It signs out the scheme of the sign-in at the
        // provider, which need not be that of the tickets.
        var ticket = await context.HttpContext.AuthenticateAsync(scheme.SessionScheme).ConfigureAwait(false);
        var names = ticket.Properties is { } properties && ProviderSession.Of(properties) is { } session ? session.Aliases : [];
        if (RefusalOf(context, ticket.Succeeded, names) is { } refusal)
        {
            OpenIdConnectLog.FrontChannelRefused(scheme.Services.Telemetry.Log, scheme.Name, refusal);
        }
        else
        {
            await SessionSignOut.RunAsync(context.HttpContext, scheme).ConfigureAwait(false);
        }

        context.HandleResponse();
    }

    private static async Task EndSessionAsync(RemoteSignOutContext context, ProviderScheme scheme)
    {
        var session = scheme.Source.SessionOf(context.HttpContext);
        var record = await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false);
        if (RefusalOf(context, record is not null, record is null ? [] : SessionAliases.Of(record)) is { } refusal)
        {
            OpenIdConnectLog.FrontChannelRefused(scheme.Services.Telemetry.Log, scheme.Name, refusal);
            return;
        }

        await session.End.EndNewAsync(SessionEndReason.IdentityProvider).ConfigureAwait(false);
    }

    /// <param name="context">The request of the provider.</param>
    /// <param name="hasSession">Whether the browser has a session.</param>
    /// <param name="names">The names of the aliases of that session.</param>
    /// <returns>Why the session lives on; null if it ends.</returns>
    private static string? RefusalOf(RemoteSignOutContext context, bool hasSession, IReadOnlyList<string> names)
    {
        string? issuer = context.ProtocolMessage?.Iss, sid = context.ProtocolMessage?.Sid;
        return !hasSession ? "The request has no session. A browser sends no Lax cookie in a frame of another site."
            : string.IsNullOrEmpty(issuer) || string.IsNullOrEmpty(sid) ? "It lacks iss or sid."
            : !names.Contains(ProviderNames.AliasOfSession(issuer, context.Options.ClientId!, sid), StringComparer.Ordinal)
                ? "Its iss and sid are not those of the session."
            : null;
    }
}
