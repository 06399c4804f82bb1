using System.Reflection;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>A change that lost a race against another process tries again: at once, and after a pause when it keeps losing.</summary>
public sealed class RedisLostRaces
{
    [Fact]
    public void ArePausedAfterOnlyWhenThereWereMany()
    {
        using var store = OpenRedis("127.0.0.1:1,abortConnect=false");
        var pauseAfter = typeof(RedisStore).GetMethod("PauseAfter", BindingFlags.Instance | BindingFlags.NonPublic)!
            .CreateDelegate<Func<int, TimeSpan>>(store);

        Assert.All(Enumerable.Range(1, 15), losses => Assert.Equal(TimeSpan.Zero, pauseAfter(losses)));
        TimeSpan[] pauses = [.. Enumerable.Range(16, 1000).Select(pauseAfter)];
        Assert.All(pauses, pause => Assert.InRange(pause, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(4)));

        // Two processes that pause for the same time would meet again.
        Assert.True(pauses.Distinct().Count() > 1);
    }
}
