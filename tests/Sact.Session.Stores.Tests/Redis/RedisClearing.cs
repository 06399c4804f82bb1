using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>To end all sessions takes a while, and users sign in meanwhile.</summary>
public sealed class RedisClearing(SharedRedis redis, SharedRedisCluster cluster)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("abuse", "K18")]
    public async Task SparesWhatWasSignedInAfterItBegan(bool onCluster)
    {
        var connection = (await (onCluster ? cluster.ConnectionsAsync() : redis.ConnectionsAsync()))[0];
        var clock = new ClockWithAHook();
        string prefix = NewPrefix();
        RedisStore Open(TimeProvider? time) =>
            new(new RedisStoreOptions { Connection = connection, Prefix = prefix, TimeProvider = time });
        await using RedisStore clearing = Open(clock), signingIn = Open(null);

        // More than one batch, so that the others sign in between two.
        const int Before = 600;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(user => SignInManyAsync(signingIn, Before / 6, $"user-{user}")));
        List<SessionRecord> newcomers = [];

        // The store reads the clock when it begins, and again when it has ended the first batch.
        clock.AtTheSecondRead = () => newcomers = Task.Run(() => SignInManyAsync(signingIn, 20)).GetAwaiter().GetResult();

        Assert.Equal(Before, await clearing.ClearAsync(TestContext.Current.CancellationToken));

        Assert.Equal(20, newcomers.Count);
        Assert.Equal(20, await signingIn.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        Assert.Equal(20, (await ListAsync(signingIn)).Count);
        Assert.Equal(20, await signingIn.ClearAsync(TestContext.Current.CancellationToken));
    }

    private sealed class ClockWithAHook : TimeProvider
    {
        private int _reads;

        public Action? AtTheSecondRead { get; set; }

        public override DateTimeOffset GetUtcNow()
        {
            var now = base.GetUtcNow();
            if (AtTheSecondRead is { } then && Interlocked.Increment(ref _reads) == 2)
            {
                then();
            }

            return now;
        }
    }
}
