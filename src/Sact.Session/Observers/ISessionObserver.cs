namespace Sact.Session;

/// <summary>
/// Is notified of what happens to sessions: for an audit log, or a mail about a new device. Register it with
/// <c>AddSactSession().AddObserver&lt;T>()</c>. It is a singleton; inject <c>IServiceScopeFactory</c> for scoped services.
/// </summary>
/// <remarks>
/// <para>
/// A method runs after the store has acknowledged the change, on the node that made it. Per event, the request waits at most one second
/// for all observers. What an observer throws is logged, and neither stops nor undoes anything. While a call of an observer is overdue,
/// its later calls are not waited for; with 100 of them running at once, further ones are dropped and logged.
/// </para>
/// <para>
/// An expiry is reported by nobody, because nothing happens at that time. Do not use the session of the request in a method: the request
/// holds it. A restart of the process may lose an event, so do not build a guarantee on it.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// sealed class Audit(ILogger&lt;Audit> log) : ISessionObserver
/// {
///     public ValueTask OnEndedAsync(SessionEvent ended)
///     {
///         log.LogInformation("{Count} sessions ended: {Reason}", ended.Count, ended.Reason);
///         return default;
///     }
/// }
/// </code>
/// </example>
public interface ISessionObserver
{
    /// <summary>A session began: signed in, pending or anonymous.</summary>
    /// <param name="began">The session.</param>
    /// <returns>A task.</returns>
    ValueTask OnBeganAsync(SessionEvent began) => default;

    /// <summary>A session received a new id (OWASP renewal).</summary>
    /// <param name="renewed">The session.</param>
    /// <returns>A task.</returns>
    ValueTask OnRenewedAsync(SessionEvent renewed) => default;

    /// <summary>A session was raised: a pending one is signed in now, or another factor was shown. It is no renewal.</summary>
    /// <param name="raised">The session.</param>
    /// <returns>A task.</returns>
    ValueTask OnRaisedAsync(SessionEvent raised) => default;

    /// <summary>
    /// A session ended. Where all of a user's sessions end in one call, that is one event with the <see cref="SessionEvent.Count"/> and
    /// without a key.
    /// </summary>
    /// <param name="ended">The session or sessions.</param>
    /// <returns>A task.</returns>
    ValueTask OnEndedAsync(SessionEvent ended) => default;
}
