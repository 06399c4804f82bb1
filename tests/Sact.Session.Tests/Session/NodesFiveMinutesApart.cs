using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>Two nodes over one store whose clocks differ by five minutes: deadlines shift by as much, and no honest session ends.</summary>
[Trait("abuse", "C12")]
[Trait("abuse", "C12h")]
[Trait("abuse", "G3")]
public sealed class NodesFiveMinutesApart
{
    private static readonly TimeSpan s_apart = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task TakeEachOthersRenewals(int firstNode)
    {
        var world = new World();
        string old = await world.SignInAsync(firstNode);
        Assert.NotNull(await world.WhoAsync(old, firstNode));
        world.Advance(TimeSpan.FromHours(1));

        string renewed = (await world.RenewAsync(old, firstNode))!;
        Assert.Equal("alice", await world.WhoAsync(renewed, 1 - firstNode));
        Assert.Equal("alice", await world.WhoAsync(renewed, firstNode));

        // A request in flight with the old id may be refused where the clock is ahead; it ends nothing.
        await world.WhoAsync(old, firstNode);
        await world.WhoAsync(old, 1 - firstNode);
        Assert.Equal("alice", await world.WhoAsync(renewed, firstNode));
        Assert.Equal("alice", await world.WhoAsync(renewed, 1 - firstNode));
        Assert.Equal(0, world.Replays);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ShiftTheIdleDeadlineByFiveMinutesAndNoMore(int touching)
    {
        var world = new World();
        string id = await world.SignInAsync(touching);
        Assert.NotNull(await world.WhoAsync(id, touching));

        // Seen now by the touching node's clock; the other's differs by five minutes, whichever way.
        world.Advance(TimeSpan.FromDays(7) - s_apart - TimeSpan.FromMilliseconds(1));
        Assert.True((await world.RecordOf(id))!.IsLive(world.Now(0)) && (await world.RecordOf(id))!.IsLive(world.Now(1)));

        world.Advance(2 * s_apart + TimeSpan.FromMilliseconds(1));
        Assert.Null(await world.WhoAsync(id, 0));
        Assert.Null(await world.WhoAsync(id, 1));
    }

    [Fact]
    public async Task MoveNoClockBackwards()
    {
        var world = new World();
        string id = await world.SignInAsync(1);
        world.Advance(TimeSpan.FromMinutes(30));
        Assert.NotNull(await world.WhoAsync(id, 1));
        var ahead = (await world.RecordOf(id))!;

        world.Advance(TimeSpan.FromMinutes(1));
        string renewed = (await world.RenewAsync(id, 1))!;
        Assert.NotNull(await world.WhoAsync(renewed, 1));
        var promoted = (await world.RecordOf(id))!;
        string again = (await world.RenewAsync(renewed, 0, immediately: true))!;

        var after = (await world.RecordOf(again))!;
        Assert.True(after.LastSeenAt >= ahead.LastSeenAt);
        Assert.True(after.LastPromotedAt >= promoted.LastPromotedAt);
    }

    [Fact]
    public async Task AtRandomEndNoHonestSessionThatAsksOneAfterTheOther()
    {
        // One request after the other, at either node, each answered within the grace; a third of the answers are lost.
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var world = new World();
            string jar = await world.SignInAsync(random.Next(2));
            Assert.NotNull(await world.WhoAsync(jar, random.Next(2)));
            for (int step = 0; step < 60; step++)
            {
                int node = random.Next(2);
                world.Advance(TimeSpan.FromSeconds(random.Next(4) == 0 ? random.Next(3600) : random.Next(20)));
                Assert.True(await world.WhoAsync(jar, node) == "alice", $"Seed {seed}: an honest client was signed out.");
                if (random.Next(2) == 0 && await world.RenewAsync(jar, random.Next(2)) is { } renewed && random.Next(3) > 0)
                {
                    jar = renewed;
                }
            }

            Assert.Equal(0, world.Replays);
        }
    }

    /// <summary>Node 0 has the store's clock, node 1 is five minutes ahead.</summary>
    private sealed class World
    {
        private Bed Bed { get; } = new();
        private readonly FakeTimeProvider _ahead;
        private readonly SactSessionOptions[] _nodes;

        public World()
        {
            _ahead = new FakeTimeProvider(Bed.Clock.GetUtcNow() + s_apart);
            _nodes = [Bed.Options, new SactSessionOptions { TimeProvider = _ahead, LoggerFactory = Bed.Options.LoggerFactory }];
        }

        public int Replays => Bed.EventCount(4);

        public DateTimeOffset Now(int node) => node == 0 ? Bed.Clock.GetUtcNow() : _ahead.GetUtcNow();

        public Task<SessionRecord?> RecordOf(string id) => Bed.RecordOf(id);

        public void Advance(TimeSpan by)
        {
            Bed.Clock.Advance(by);
            _ahead.Advance(by);
        }

        public async Task<string> SignInAsync(int node)
        {
            var exchange = Bed.RequestThrough(_nodes[node], null);
            await exchange.Session.SetAsync("alice");
            return exchange.SentId!;
        }

        public async Task<string?> WhoAsync(string id, int node) => (await Bed.RequestThrough(_nodes[node], id).Session.GetAsync())?.UserId;

        public async Task<string?> RenewAsync(string id, int node, bool immediately = false)
        {
            var exchange = Bed.RequestThrough(_nodes[node], id);
            Assert.True(await exchange.Session.RenewAsync(immediately));
            return exchange.SentId;
        }
    }
}
