namespace Sact.Session;

/// <summary>
/// Marks an endpoint that asks by itself, without a user doing anything: a poll, a heartbeat, a hub. Its requests read the session as always, but do not count as use, so that a page left open does not keep a session alive (ASVS 5.0 V7.3.1, OWASP idle
/// timeout). For controllers, actions and pages; elsewhere call <c>DisableSlidingExpiration()</c> on the endpoint.
/// </summary>
/// <remarks>
/// Two things are still written there, because they are about the cookie and not about the user: that it has arrived at all, which leaves the idle timeout counting from the sign-in; and that a renewed id has arrived.
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class DisableSlidingExpirationAttribute : Attribute;
