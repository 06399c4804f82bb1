namespace Sact.Session;

/// <summary>
/// Keeps the authentication scheme from reading the session for an endpoint: nobody is authenticated there, the store is not asked, and the answer gets no <c>Vary: Cookie</c>. For static files and other
/// public endpoints of an application whose default scheme stands on the session. It works where the endpoint is known when authentication runs: <c>UseRouting()</c>, if called at all, stands before
/// <c>UseAuthentication()</c>. Signing in and out, and asking for the session itself, work all the same.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method | AttributeTargets.Delegate)]
public sealed class DisableSactSessionAttribute : Attribute;
