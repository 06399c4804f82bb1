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

    /// <summary>Tells whether the new session may live. If not, or if nobody knows, it is ended.</summary>
    public static async ValueTask<bool> MayLiveAsync(
        SessionServices services, IGenericStore store, AuthenticationProperties properties, Func<SessionEndReason, ValueTask> end)
    {
        if (services.Provider is not { } provider)
        {
            return true;
        }

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
                await end(SessionEndReason.IdentityProvider).ConfigureAwait(false);
            }
        }
    }
}
