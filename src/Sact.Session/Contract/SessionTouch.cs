namespace Sact.Session.Stores;

/// <summary>The note that a session was seen. It never moves a time backwards.</summary>
/// <param name="seenAt">When the session was seen. It is cut to whole milliseconds.</param>
/// <param name="client">The device it was seen from; null keeps the known one.</param>
/// <param name="interval">
/// How long a note is enough: if the session was seen less than this before, nothing changes. Not negative; default zero.
/// </param>
/// <exception cref="ArgumentOutOfRangeException">The interval is negative.</exception>
public sealed class SessionTouch(DateTimeOffset seenAt, SessionClient? client = null, TimeSpan interval = default)
{
    /// <summary>When the session was seen, in whole milliseconds.</summary>
    public DateTimeOffset SeenAt { get; } = Instant.Cut(seenAt);

    /// <summary>The device it was seen from; null keeps the known one.</summary>
    public SessionClient? Client { get; } = client;

    /// <summary>How long a note is enough. If the session was seen less than this before, nothing changes.</summary>
    public TimeSpan Interval { get; } = interval >= TimeSpan.Zero
        ? interval
        : throw new ArgumentOutOfRangeException(nameof(interval), interval, "The interval of a touch must not be negative.");
}
