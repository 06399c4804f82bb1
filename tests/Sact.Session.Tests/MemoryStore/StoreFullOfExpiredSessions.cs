using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>A store that is full of expired sessions makes room for a new one, and lists it.</summary>
public sealed class StoreFullOfExpiredSessions
{
    [Theory]
    [InlineData(20)]
    [InlineData(50)]
    [InlineData(90)]
    [Trait("abuse", "J3")]
    [Trait("abuse", "D12")]
    public async Task MakesRoomForANewSessionAndListsIt(int user)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var store = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock, MaxBytes = 64 * 1024 });
        var services = new SactSessionOptions { TimeProvider = clock }.Services;
        for (int i = 0; i < 125; i++)
        {
            await store.CreateAsync(New(i, SessionFields.Empty));
        }

        clock.Advance(TimeSpan.FromDays(1));

        // The record is so large that the store removes all expired sessions for it, also the one of the same user.
        await store.CreateAsync(New(user, FieldsFromJson.From(new JsonObject { ["large"] = new string('x', 50_000) }, "fields")));

        var listed = new List<SessionRecord>();
        await foreach (var record in store.GetActiveSessionsAsync($"user-{user}"))
        {
            listed.Add(record);
        }

        Assert.Single(listed);
        Assert.Equal(1, await store.DeleteActiveSessionsAsync($"user-{user}"));
        Assert.Equal(0, await store.CountActiveSessionsAsync());

        SessionRecord New(int of, SessionFields fields) => services.Make(store, $"user-{of}", fields).Record;
    }

    /// <summary>Wherever the last cleanup stopped, a full one checks every session.</summary>
    [Fact]
    [Trait("abuse", "J3")]
    public async Task IsEmptyAfterOneCleanupWhereverTheLastOneStopped()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var store = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock });
        var services = new SactSessionOptions { TimeProvider = clock }.Services;
        for (int i = 0; i < 125; i++)
        {
            await store.CreateAsync(services.Make(store, $"user-{i}", SessionFields.Empty).Record);
        }

        clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(125, await store.DeleteExpiredAsync(1000));
        Assert.Equal(0, store.SizeInBytes);
    }

    [Fact]
    [Trait("abuse", "K17")]
    public async Task RefusesNoParallelSignIn()
    {
        for (int round = 0; round < 50; round++)
        {
            var clock = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
            var store = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock, MaxBytes = 64 * 1024 });
            var services = new SactSessionOptions { TimeProvider = clock }.Services;
            for (int i = 0; i < 130; i++)
            {
                await store.CreateAsync(services.Make(store, $"user-{i}", SessionFields.Empty).Record);
            }

            clock.Advance(TimeSpan.FromDays(1));
            using var start = new Barrier(8);
            var threads = Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
                () =>
                {
                    // Each one needs the room of a dozen expired ones, and all of them together have room.
                    var large = FieldsFromJson.From(new JsonObject { ["large"] = new string('x', 5_000) }, "fields");
                    var session = services.Make(store, $"user-{i}", large).Record;
                    start.SignalAndWait();
                    Assert.Equal(SessionCreationStatus.Created, store.CreateAsync(session).AsTask().GetAwaiter().GetResult().Status);
                },
                TaskCreationOptions.LongRunning)).ToArray();

            await Task.WhenAll(threads);

            Assert.Equal(8, await store.CountActiveSessionsAsync());
        }
    }
}
