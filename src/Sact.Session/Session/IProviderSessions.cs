using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>
/// What an identity provider knows of the sessions that it has signed in. The package <c>Sact.Session.OpenIdConnect</c> implements it.
/// </summary>
internal interface IProviderSessions
{
    /// <summary>The names by which the provider ends the session of a sign-in; none if the provider did not sign it in.</summary>
    IReadOnlyList<string> AliasesOf(AuthenticationProperties properties);

    /// <summary>Whether a session that was just created may live: the provider may have signed the user out meanwhile.</summary>
    /// <exception cref="SessionStoreException">The store cannot answer. The session must end.</exception>
    ValueTask<bool> MayLiveAsync(StoreClient calls, IGenericStore store, AuthenticationProperties properties);

    /// <summary>
    /// The user of a request signs out, and the session is about to end. It never throws and never waits. A sign-out that the store has
    /// refused may call it again.
    /// </summary>
    void SigningOut(RequestSession session, SessionRecord record);
}
