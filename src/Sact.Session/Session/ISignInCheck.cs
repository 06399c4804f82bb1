using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// A feature of the request that knows whether a user has changed since the request has loaded the user. It decides about sign-ins that the
/// application makes by hand.
/// </summary>
internal interface ISignInCheck
{
    /// <summary>Whether a new session may live. Called after the store has it, so that a change is seen here or sees the session.</summary>
    /// <param name="session">The session of the request, outside of its lock.</param>
    /// <param name="context">The request.</param>
    /// <param name="userId">The user of the new session.</param>
    ValueTask<bool> MayLiveAsync(RequestSession session, HttpContext context, string userId);
}
