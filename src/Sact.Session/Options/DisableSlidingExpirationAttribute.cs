namespace Sact.Session;

/// <summary>
/// Marks an endpoint that browsers call without the user: a poll, a heartbeat, a hub. Its requests read the session and do not extend it,
/// so that an open page does not keep a session alive (ASVS 5.0 V7.3.1, OWASP idle timeout).
/// </summary>
/// <remarks>
/// For controllers, actions and pages. For any other endpoint call <c>DisableSlidingExpiration()</c> on it.
/// Two facts about the cookie are still written: that it arrived for the first time, and that a renewed id arrived.
/// </remarks>
/// <example><code>[DisableSlidingExpiration] public IActionResult Unread() => Json(_messages.CountUnread());</code></example>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class DisableSlidingExpirationAttribute : Attribute;
