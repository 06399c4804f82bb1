namespace Sact.Session.Stores;

/// <summary>
/// A time in whole milliseconds, which every store can keep exactly, or none. It takes 8 bytes where <c>DateTimeOffset?</c> takes 24.
/// </summary>
internal readonly record struct Instant(long UnixMilliseconds)
{
    public static readonly Instant None = new(long.MinValue);

    public DateTimeOffset ToTime() => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);

    public DateTimeOffset? ToTimeOrNull() => this == None ? null : ToTime();

    public static Instant Of(DateTimeOffset? time) => time is { } known ? new(known.ToUnixTimeMilliseconds()) : None;

    /// <summary>Cuts a time to whole milliseconds.</summary>
    public static DateTimeOffset Cut(DateTimeOffset time) => Of(time).ToTime();
}
