using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

public sealed class EndOfAllSessions
{
    [Fact]
    [Trait("abuse", "K18")]
    public async Task SparesWhatWasSignedInAfterItBegan()
    {
        var clock = new JumpingClock(new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        var store = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock });
        var services = new SactSessionOptions { TimeProvider = clock }.Services;
        SessionRecord New() => services.Make(store, "alice", SessionFields.Empty).Record;
        for (int i = 0; i < 100; i++)
        {
            await store.CreateAsync(New());
        }

        // The store reads the clock when it has ended the first session.
        SessionRecord[] later = [.. Enumerable.Range(0, 100).Select(_ => New())];
        clock.AfterNextRead = () => Array.ForEach(later, session => store.CreateAsync(session).AsTask().GetAwaiter().GetResult());

        Assert.Equal(100, await store.ClearAsync());

        Assert.Equal(100, await store.CountActiveSessionsAsync());
        Assert.All(later, session => Assert.NotNull(store.GetAsync(session.Key).AsTask().GetAwaiter().GetResult()));
    }
}
