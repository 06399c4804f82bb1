using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Connects <c>HttpContext.Session</c> to the session of a request.</summary>
/// <param name="sessionOf">Returns the session of a request in the bridged registration.</param>
/// <param name="keepAtSignIn"><see cref="HttpContextSessionOptions.KeepAtSignIn"/>, read at the first use.</param>
internal sealed class HttpContextSessionBridge(Func<HttpContext, RequestSession> sessionOf, Func<bool> keepAtSignIn)
{
    /// <summary>The endpoints whose session is read before they run.</summary>
    public BlockingReaders Readers { get; } = new();

    public ISession Open(HttpContext context) => new HttpContextSession(sessionOf(context), context, keepAtSignIn(), Readers);

    /// <summary>Whether a request presents what can be an id, so that a read calls the store.</summary>
    public bool IsPresented(HttpContext context) => sessionOf(context).Services.Cookies.IsPresented(context.Request);

    public SessionTelemetry Telemetry(HttpContext context) => sessionOf(context).Telemetry;
}
