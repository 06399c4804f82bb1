namespace Sact.Session;

/// <summary>What has happened to a session. It holds no secret, but personal data.</summary>
public sealed class SessionEvent
{
    internal SessionEvent(SessionRecord session, DateTimeOffset time)
    {
        Key = session.Key;
        UserId = session.UserId;
        State = session.State;
        Client = session.LastSeenClient ?? session.SignInClient;
        Time = time;
    }

    internal SessionEvent(SessionKey? key, string? userId, long count, DateTimeOffset time)
    {
        Key = key;
        UserId = userId;
        Count = count;
        Time = time;
    }

    /// <summary>The key of the session; null for several sessions of a user, or of all users.</summary>
    public SessionKey? Key { get; }

    /// <summary>The user, signed in or pending; null for an anonymous session, and for the sessions of all users.</summary>
    public string? UserId { get; }

    /// <summary>The state of the session; null where it is not known, as for several sessions of a user.</summary>
    public SessionState? State { get; }

    /// <summary>The device behind it; null unless <see cref="SactSessionOptions.CaptureClient"/> is set and it is known.</summary>
    public SessionClient? Client { get; }

    /// <summary>Why it ended; null for an event that is no end.</summary>
    public SessionEndReason? Reason { get; internal init; }

    /// <summary>Who ended it, as the administrator's code named itself; null for an end that no administrator caused.</summary>
    public string? Actor { get; internal init; }

    /// <summary>When it happened, by the application's clock.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>How many sessions it happened to: 1, or the number of live sessions that ended together.</summary>
    public long Count { get; } = 1;
}
