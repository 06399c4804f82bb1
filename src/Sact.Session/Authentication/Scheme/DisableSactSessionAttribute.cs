namespace Sact.Session;

/// <summary>
/// Keeps the authentication scheme from reading the session for an endpoint. Nobody is authenticated there, the store is not called, and
/// the response gets no <c>Vary: Cookie</c>. Use it for static files and other public endpoints of an application whose default scheme uses
/// the session.
/// </summary>
/// <remarks>
/// It needs the endpoint when authentication runs. If the application calls <c>UseRouting()</c>, that call must come before
/// <c>UseAuthentication()</c>. Sign-in, sign-out and the session itself still work at such an endpoint.
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method | AttributeTargets.Delegate)]
public sealed class DisableSactSessionAttribute : Attribute;
