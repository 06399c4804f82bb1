using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>What OpenID Connect adds to sign-ins and sign-outs of the sessions.</summary>
internal sealed class ProviderSessions(ProviderSchemes schemes, TokenRevocations revocations) : IProviderSessions
{
    // A sign-out that the store has refused is tried again in the same request. Its token is revoked once.
    private readonly ConditionalWeakTable<RequestSession, SessionRecord> _signingOut = [];

    public IReadOnlyList<string> AliasesOf(AuthenticationProperties properties) => ProviderSession.Of(properties)?.Aliases ?? [];

    public async ValueTask<bool> MayLiveAsync(StoreClient calls, IGenericStore store, AuthenticationProperties properties)
    {
        if (ProviderSession.Of(properties) is not { } session
            || !await ProviderLogouts.IsSignedOutAsync(calls, store, session).ConfigureAwait(false))
        {
            return true;
        }

        OpenIdConnectLog.SignInOutdated(schemes.Find(session.Scheme).Services.Telemetry.Log, session.Scheme);
        return false;
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The user signs out, whatever the session holds.")]
    public void SigningOut(RequestSession session, SessionRecord record)
    {
        if (_signingOut.TryGetValue(session, out var last) && last.Key == record.Key)
        {
            return;
        }

        _signingOut.AddOrUpdate(session, record);
        try
        {
            var properties = PrincipalFields.PropertiesOf(record, session);
            if (ProviderSession.Of(properties) is { } provider && properties.GetTokenValue("refresh_token") is { Length: > 0 } token)
            {
                revocations.Add(provider.Scheme, token, session.Telemetry.Log);
            }
        }
        catch (Exception fault)
        {
            AuthenticationLog.PrincipalUnreadable(session.Telemetry.Log, record.Key, fault);
        }
    }
}
