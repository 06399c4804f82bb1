using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>The sessions that authenticated a request. A change of the security stamp in that request does not end them.</summary>
internal sealed class AuthenticatedSessions
{
    private readonly HashSet<SessionKey> _keys = [];

    private AuthenticatedSessions()
    {
    }

    public static void Add(HttpContext context, SessionKey key)
    {
        if (context.Features.Get<AuthenticatedSessions>() is not { } sessions)
        {
            context.Features.Set(sessions = new AuthenticatedSessions());
        }

        sessions._keys.Add(key);
    }

    public static bool Contains(HttpContext? context, SessionKey key) =>
        context?.Features.Get<AuthenticatedSessions>()?._keys.Contains(key) == true;
}
