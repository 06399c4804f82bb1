using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>
/// Holds the place of <c>HttpContext.Session</c> before <c>UseSactSession()</c> runs: it says what to do instead of "not configured".
/// </summary>
internal sealed class EarlySessionFeature : ISessionFeature
{
    private EarlySessionFeature()
    {
    }

    public static EarlySessionFeature Instance { get; } = new();

    public ISession Session
    {
        get => throw TooEarly();
        set => throw TooEarly();
    }

    private static InvalidOperationException TooEarly() => new(
        "HttpContext.Session was used before UseSactSession() ran, or on a branch without it. "
        + "Call app.UseSactSession() before the middleware and the endpoints that use HttpContext.Session.");
}
