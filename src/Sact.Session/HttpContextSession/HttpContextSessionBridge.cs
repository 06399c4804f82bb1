using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Where <c>HttpContext.Session</c> takes the session of a request from.</summary>
/// <param name="sessionOf">The session of a request, in the registration that the bridge stands on.</param>
/// <param name="keepAtSignIn"><see cref="HttpContextSessionOptions.KeepAtSignIn"/>, read when the first request asks.</param>
internal sealed class HttpContextSessionBridge(Func<HttpContext, RequestSession> sessionOf, Func<bool> keepAtSignIn)
{
    public ISession Open(HttpContext context) => new HttpContextSession(sessionOf(context), context, keepAtSignIn());

    public SessionTelemetry Telemetry(HttpContext context) => sessionOf(context).Telemetry;
}
