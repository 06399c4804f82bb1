using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>
/// Two nodes share one store, and their clocks differ by five minutes. Deadlines shift by that much, and no honest session ends.
/// </summary>
[Trait("abuse", "C12")]
[Trait("abuse", "C12h")]
[Trait("abuse", "G3")]
public sealed class NodesFiveMinutesApart
{
    private static readonly TimeSpan s_apart = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task AcceptEachOthersRenewals(int firstNode)
    {
        var nodes = new TwoNodes();
        string old = await nodes.SignInAsync(firstNode);
        Assert.NotNull(await nodes.WhoAsync(old, firstNode));
        nodes.Advance(TimeSpan.FromHours(1));

        string renewed = (await nodes.RenewAsync(old, firstNode))!;
        Assert.Equal("alice", await nodes.WhoAsync(renewed, 1 - firstNode));
        Assert.Equal("alice", await nodes.WhoAsync(renewed, firstNode));

        // The node whose clock is ahead may refuse a late request with the old id. The request ends nothing.
        await nodes.WhoAsync(old, firstNode);
        await nodes.WhoAsync(old, 1 - firstNode);
        Assert.Equal("alice", await nodes.WhoAsync(renewed, firstNode));
        Assert.Equal("alice", await nodes.WhoAsync(renewed, 1 - firstNode));
        Assert.Equal(0, nodes.Replays);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ShiftTheIdleDeadlineByAtMostFiveMinutes(int touching)
    {
        var nodes = new TwoNodes();
        string id = await nodes.SignInAsync(touching);
        Assert.NotNull(await nodes.WhoAsync(id, touching));

        // The touch uses the clock of its node. The other clock differs by five minutes, in either direction.
        nodes.Advance(TimeSpan.FromDays(7) - s_apart - TimeSpan.FromMilliseconds(1));
        Assert.True((await nodes.RecordOf(id))!.IsLive(nodes.Now(0)) && (await nodes.RecordOf(id))!.IsLive(nodes.Now(1)));

        nodes.Advance(2 * s_apart + TimeSpan.FromMilliseconds(1));
        Assert.Null(await nodes.WhoAsync(id, 0));
        Assert.Null(await nodes.WhoAsync(id, 1));
    }

    [Fact]
    public async Task MoveNoTimestampBackwards()
    {
        var nodes = new TwoNodes();
        string id = await nodes.SignInAsync(1);
        nodes.Advance(TimeSpan.FromMinutes(30));
        Assert.NotNull(await nodes.WhoAsync(id, 1));
        var ahead = (await nodes.RecordOf(id))!;

        nodes.Advance(TimeSpan.FromMinutes(1));
        string renewed = (await nodes.RenewAsync(id, 1))!;
        Assert.NotNull(await nodes.WhoAsync(renewed, 1));
        var promoted = (await nodes.RecordOf(id))!;
        string again = (await nodes.RenewAsync(renewed, 0, immediately: true))!;

        var after = (await nodes.RecordOf(again))!;
        Assert.True(after.LastSeenAt >= ahead.LastSeenAt);
        Assert.True(after.LastPromotedAt >= promoted.LastPromotedAt);
    }

    [Fact]
    public async Task EndNoHonestSessionInRandomSequences()
    {
        // One request after the other, at either node, each answered within the grace. A third of the responses are lost.
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var nodes = new TwoNodes();
            string jar = await nodes.SignInAsync(random.Next(2));
            Assert.NotNull(await nodes.WhoAsync(jar, random.Next(2)));
            for (int step = 0; step < 60; step++)
            {
                int node = random.Next(2);
                nodes.Advance(TimeSpan.FromSeconds(random.Next(4) == 0 ? random.Next(3600) : random.Next(20)));
                Assert.True(await nodes.WhoAsync(jar, node) == "alice", $"Seed {seed}: an honest client was signed out.");
                if (random.Next(2) == 0 && await nodes.RenewAsync(jar, random.Next(2)) is { } renewed && random.Next(3) > 0)
                {
                    jar = renewed;
                }
            }

            Assert.Equal(0, nodes.Replays);
        }
    }

    /// <summary>Node 0 has the clock of the store. Node 1 is five minutes ahead.</summary>
    private sealed class TwoNodes
    {
        private SessionHost Host { get; } = new();
        private readonly FakeTimeProvider _ahead;
        private readonly SactSessionOptions[] _nodes;

        public TwoNodes()
        {
            _ahead = new FakeTimeProvider(Host.Clock.GetUtcNow() + s_apart);
            _nodes = [Host.Options, new SactSessionOptions { TimeProvider = _ahead, LoggerFactory = Host.Options.LoggerFactory }];
        }

        public int Replays => Host.EventCount(4);

        public DateTimeOffset Now(int node) => node == 0 ? Host.Clock.GetUtcNow() : _ahead.GetUtcNow();

        public Task<SessionRecord?> RecordOf(string id) => Host.RecordOf(id);

        public void Advance(TimeSpan by)
        {
            Host.Clock.Advance(by);
            _ahead.Advance(by);
        }

        public async Task<string> SignInAsync(int node)
        {
            var exchange = Host.RequestThrough(_nodes[node], null);
            await exchange.Session.SetAsync("alice");
            return exchange.SentId!;
        }

        public async Task<string?> WhoAsync(string id, int node) =>
            (await Host.RequestThrough(_nodes[node], id).Session.GetAsync())?.UserId;

        public async Task<string?> RenewAsync(string id, int node, bool immediately = false)
        {
            var exchange = Host.RequestThrough(_nodes[node], id);
            Assert.True(await exchange.Session.RenewAsync(immediately));
            return exchange.SentId;
        }
    }
}
