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
        var session = scheme.Source.SessionOf(context.HttpContext);
        var record = await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false);
        string? issuer = context.ProtocolMessage?.Iss, sid = context.ProtocolMessage?.Sid;
        string? refusal = record is null ? "The request has no session. A browser sends no Lax cookie in a frame of another site."
            : string.IsNullOrEmpty(issuer) || string.IsNullOrEmpty(sid) ? "It lacks iss or sid."
            : !SessionAliases.Of(record).Contains(
                ProviderNames.AliasOfSession(issuer, context.Options.ClientId!, sid), StringComparer.Ordinal)
                ? "Its iss and sid are not those of the session."
            : null;
        if (refusal is not null)
        {
            OpenIdConnectLog.FrontChannelRefused(scheme.Services.Telemetry.Log, scheme.Name, refusal);
            return;
        }

        await session.End.EndNewAsync(SessionEndReason.IdentityProvider).ConfigureAwait(false);
    }
}
