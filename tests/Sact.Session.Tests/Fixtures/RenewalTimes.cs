namespace Sact.Session.Tests;

/// <summary>The default durations of a renewal.</summary>
internal static class RenewalTimes
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan ReplayMargin = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
}
