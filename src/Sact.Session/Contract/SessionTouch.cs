namespace Sact.Session.Stores;

/// <summary>The note that a session was seen. It never moves a time backwards.</summary>
/// <param name="seenAt">When the session was seen. It is cut to whole milliseconds.</param>
/// <param name="client">The device it was seen from; null keeps the known one.</param>
public sealed class SessionTouch(DateTimeOffset seenAt, SessionClient? client = null)
{
    /// <summary>When the session was seen, in whole milliseconds.</summary>
    public DateTimeOffset SeenAt { get; } = Instant.Cut(seenAt);

    /// <summary>The device it was seen from; null keeps the known one.</summary>
    public SessionClient? Client { get; } = client;
}
