using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>A sign-in that came from an identity provider, which may end it.</summary>
internal static class ProviderSignIn
{
    /// <summary>Adds the names by which the provider ends the session.</summary>
    public static SessionFields WithAliases(SessionFields fields, SessionServices services, AuthenticationProperties properties) =>
        services.Provider?.AliasesOf(properties) is { Count: > 0 } names
            ? fields.Merge(SessionAliases.FieldOf(names))
            : fields;

    /// <summary>Whether the new session of a request may live. If not, or if nobody knows, it is ended.</summary>
    public static ValueTask<bool> MayLiveAsync(RequestSession session, AuthenticationProperties properties) => MayLiveAsync(
        session.Services, session.Store, properties, session, static (session, reason) => session.End.EndNewAsync(reason));

    /// <summary>Whether the new session may live. If not, or if nobody knows, it is ended.</summary>
    /// <param name="services">The services of the session. Without a provider the call allocates nothing.</param>
    /// <param name="store">The store.</param>
    /// <param name="properties">The properties of the sign-in.</param>
    /// <param name="session">What <paramref name="end"/> gets, so that the caller needs no closure.</param>
    /// <param name="end">Ends the session.</param>
    public static ValueTask<bool> MayLiveAsync<TSession>(
        SessionServices services,
        IGenericStore store,
        AuthenticationProperties properties,
        TSession session,
        Func<TSession, SessionEndReason, ValueTask> end) =>
        services.Provider is { } provider ? CheckAsync(provider, services, store, properties, session, end) : new(true);

    private static async ValueTask<bool> CheckAsync<TSession>(
        IProviderSessions provider,
        SessionServices services,
        IGenericStore store,
        AuthenticationProperties properties,
        TSession session,
        Func<TSession, SessionEndReason, ValueTask> end)
    {
        bool lives = false;
        try
        {
            // A client that disconnects must not keep the session alive, so the request is not given.
            var calls = new StoreClient(store, services, context: null);
            return lives = await provider.MayLiveAsync(calls, store, properties).ConfigureAwait(false);
        }
        finally
        {
            if (!lives)
            {
                await end(session, SessionEndReason.IdentityProvider).ConfigureAwait(false);
            }
        }
    }
}
