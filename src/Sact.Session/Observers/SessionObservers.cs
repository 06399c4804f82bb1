using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>Notifies the application's observers of what the store has acknowledged.</summary>
internal sealed class SessionObservers(Func<IEnumerable<ISessionObserver>>? find, TimeProvider clock, ILogger log)
{
    private ObservedCalls[]? _observers;

    /// <summary>Whether there are none, as in most applications.</summary>
    public bool IsEmpty => find is null;

    // At the first use: an observer may need services that need a session.
    private ObservedCalls[] Observers =>
        _observers ??= [.. find?.Invoke().Select(observer => new ObservedCalls(observer, clock, log)) ?? []];

    /// <summary>Creates the observers, so that one that cannot be created is found at start-up.</summary>
    public void Create() => _ = Observers;

    private DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>A session was created, and the cap ended others. A note is no session.</summary>
    public async ValueTask CreatedAsync(SessionRecord session, SessionCreation creation)
    {
        if (session.State == SessionState.Note)
        {
            return;
        }

        await NotifyAsync(new SessionEvent(session, Now), static (observer, began) => observer.OnBeganAsync(began)).ConfigureAwait(false);
        foreach (var key in creation.Ended)
        {
            await EndedAsync(new SessionEvent(key, session.UserId, 1, Now) { Reason = SessionEndReason.OverLimit }).ConfigureAwait(false);
        }
    }

    /// <summary>A session was changed. It counts if it has a new id or a new level.</summary>
    public ValueTask ChangedAsync(SessionRecord after, SessionChange change) =>
        change.Raise is not null
            ? NotifyAsync(new SessionEvent(after, Now), static (observer, raised) => observer.OnRaisedAsync(raised))
            : change.Renewal is { Kind: SessionRenewalKind.Propose or SessionRenewalKind.Replace }
                ? NotifyAsync(new SessionEvent(after, Now), static (observer, renewed) => observer.OnRenewedAsync(renewed))
                : default;

    /// <summary>A session ended.</summary>
    public ValueTask EndedAsync(SessionRecord session, SessionEndReason reason, string? actor = null) =>
        session.State == SessionState.Note ? default : EndedAsync(new SessionEvent(session, Now) { Reason = reason, Actor = actor });

    /// <summary>Sessions of a user ended together.</summary>
    public ValueTask EndedAsync(string userId, long count, SessionEndReason reason, string? actor = null) =>
        count > 0 ? EndedAsync(new SessionEvent(null, userId, count, Now) { Reason = reason, Actor = actor }) : default;

    /// <summary>All sessions of the registration ended.</summary>
    public ValueTask EndedAllAsync(long count, SessionEndReason reason, string actor) =>
        count > 0 ? EndedAsync(new SessionEvent(null, null, count, Now) { Reason = reason, Actor = actor }) : default;

    private ValueTask EndedAsync(SessionEvent ended) => NotifyAsync(ended, static (observer, ended) => observer.OnEndedAsync(ended));

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "An observer must not stop anything.")]
    private async ValueTask NotifyAsync(SessionEvent happened, Func<ISessionObserver, SessionEvent, ValueTask> notify)
    {
        ObservedCalls[] observers;
        try
        {
            observers = Observers;
        }
        catch (Exception fault)
        {
            // Without the check at start-up. What has happened to the session is not undone.
            SessionLog.ObserverFailed(log, nameof(ISessionObserver), fault);
            return;
        }

        await Task.WhenAll(observers.Select(observer => observer.NotifyAsync(happened, notify))).ConfigureAwait(false);
    }
}
