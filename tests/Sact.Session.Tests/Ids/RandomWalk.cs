using System.Globalization;

namespace Sact.Session.Tests;

/// <summary>
/// Clients, thieves, lost responses and late requests at random, against a small oracle of "Secrets: the rule". Time is simulated: every request is sent, arrives, is worked on
/// and answered at instants of its own, all within the grace.
/// </summary>
[Trait("abuse", "C12")]
public sealed class RandomWalk
{
    private const int Walks = 250;
    private const int Steps = 120;

    [Fact]
    public async Task NeverSignsOutAnHonestClientAndNeverLetsAnOldIdInAfterTheGrace()
    {
        int renewals = 0;
        int refusals = 0;
        for (int seed = 0; seed < Walks; seed++)
        {
            var walk = await new Walk(seed, thieves: true).RunAsync();
            renewals += walk.Renewals;
            refusals += walk.Refusals;
        }

        // The walks went where they were meant to go.
        Assert.True(renewals > Walks * 3, $"Only {renewals} renewals.");
        Assert.True(refusals > Walks, $"Only {refusals} thefts were refused.");
    }

    [Fact]
    public async Task OfHonestClientsAloneNeverEndsTheirSession()
    {
        for (int seed = 0; seed < Walks; seed++)
        {
            var walk = await new Walk(seed, thieves: false).RunAsync();
            Assert.True(walk.Bed.EventCount(4) == 0 && walk.Bed.EventCount(3) == 0, $"Seed {seed}: an honest client's id was refused.");
        }
    }

    /// <summary>One client, its cookie jar, and the world around them.</summary>
    private sealed class Walk(int seed, bool thieves)
    {
        private readonly Random _random = new(seed);
        private readonly PriorityQueue<Func<Task>, (DateTimeOffset At, int Order)> _due = new();
        private readonly Oracle _oracle = new();
        private readonly List<string> _stolen = [];
        private string _jar = "";
        private int _order;
        private bool _ended;

        public Bed Bed { get; } = new();

        public int Renewals { get; private set; }

        public int Refusals { get; private set; }

        public async Task<Walk> RunAsync()
        {
            _jar = await Bed.SignInAsync();
            _oracle.Began(_jar, Bed.Clock.GetUtcNow());
            for (int step = 0; step < Steps && !_ended; step++)
            {
                // Mostly bursts, now and then a pause over the grace or over the margin.
                var pause = _random.Next(10) switch
                {
                    < 7 => TimeSpan.FromMilliseconds(_random.Next(5_000)),
                    < 9 => TimeSpan.FromSeconds(_random.Next(20, 120)),
                    _ => TimeSpan.FromMinutes(_random.Next(5, 60)),
                };
                await UntilAsync(Bed.Clock.GetUtcNow() + pause);
                if (!_ended)
                {
                    Send();
                }
            }

            await UntilAsync(Bed.Clock.GetUtcNow() + TimeSpan.FromMinutes(1));
            return this;
        }

        private void Send()
        {
            if (thieves && _random.Next(8) == 0)
            {
                _stolen.Add(_jar);
            }

            if (thieves && _stolen.Count > 0 && _random.Next(4) == 0)
            {
                string loot = _stolen[_random.Next(_stolen.Count)];
                After(0, () => StealAsync(loot));
                return;
            }

            // The cookie leaves the jar now and arrives when the network has it there.
            string sent = _jar;
            After(8_000, () => ArriveAsync(sent));
        }

        private async Task ArriveAsync(string id)
        {
            var now = Bed.Clock.GetUtcNow();
            Assert.True(_oracle.IsGood(id, now), $"Seed {seed}: by the oracle an honest client's id is no longer good.");
            var exchange = Bed.Request(id);
            Assert.True(await exchange.Session.GetAsync() is { UserId: "alice" }, $"Seed {seed}: an honest client was signed out.");
            _oracle.Arrived(id, now);
            int wish = _random.Next(10);
            After(8_000, () => WorkAsync(exchange, id, wish));
        }

        private async Task WorkAsync(Exchange exchange, string id, int wish)
        {
            if (_ended)
            {
                return;
            }

            switch (wish)
            {
                case < 5:
                    bool due = _oracle.SendsCookie(id, Bed.Clock.GetUtcNow());
                    Assert.True(await exchange.Session.RenewAsync(), $"Seed {seed}: an honest client's renewal failed.");
                    Assert.True(exchange.SentId is not null == due, $"Seed {seed}: a cookie was {(due ? "due" : "not due")}.");
                    if (exchange.SentId is { } proposed)
                    {
                        Renewals++;
                        _oracle.Proposed(proposed, Bed.Clock.GetUtcNow());
                    }

                    break;
                case < 8:
                    Assert.True(await exchange.Session.UpdateAsync(new() { ["n"] = wish }), $"Seed {seed}: an honest client's update was refused.");
                    break;
            }

            if (exchange.SentId is { } renewed && _random.Next(3) > 0)
            {
                After(8_000, () =>
                {
                    _jar = renewed;
                    return Task.CompletedTask;
                });
            }
        }

        private async Task StealAsync(string id)
        {
            var now = Bed.Clock.GetUtcNow();
            bool good = _oracle.IsGood(id, now);
            bool replays = _oracle.IsReplay(id, now);
            int told = Bed.EventCount(4);

            Assert.True(await Bed.WhoAsync(id) is not null == good, $"Seed {seed}: a thief was {(good ? "refused though the id is good" : "let in")}.");

            Assert.True(Bed.EventCount(4) - told == (replays ? 1 : 0), $"Seed {seed}: a replay was told of wrongly.");
            Refusals += good ? 0 : 1;
            if (good)
            {
                _oracle.Arrived(id, now);
            }
            else if (replays)
            {
                Assert.Equal(0, await Bed.Memory.CountActiveSessionsAsync());
                _ended = true;
                _due.Clear();
            }
        }

        private void After(int atMostMilliseconds, Func<Task> then) =>
            _due.Enqueue(then, (Bed.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(_random.Next(atMostMilliseconds + 1)), _order++));

        private async Task UntilAsync(DateTimeOffset end)
        {
            while (_due.TryPeek(out _, out var next) && next.At <= end)
            {
                var then = _due.Dequeue();
                Bed.Clock.SetUtcNow(next.At);
                await then();
            }

            Bed.Clock.SetUtcNow(end);
        }
    }

    /// <summary>The rule once more, in ids in place of hashes.</summary>
    private sealed class Oracle
    {
        private string? _current;
        private string? _pending;
        private string? _previous;
        private DateTimeOffset? _pendingSince;
        private DateTimeOffset? _promotedAt;
        private DateTimeOffset _createdAt;

        public void Began(string id, DateTimeOffset now) => (_current, _createdAt) = (id, now);

        public bool IsGood(string id, DateTimeOffset now) =>
            id == _current || id == _pending || (id == _previous && now < _promotedAt + SecretsBed.Grace);

        public bool IsReplay(string id, DateTimeOffset now) => !IsGood(id, now) && now > new[] { _createdAt, _promotedAt ?? _createdAt, _pendingSince ?? _createdAt }.Max() + SecretsBed.ReplayMargin;

        public void Arrived(string id, DateTimeOffset now)
        {
            if (id == _pending)
            {
                (_previous, _current, _pending, _pendingSince, _promotedAt) = (_current, id, null, null, now);
            }
        }

        public bool SendsCookie(string id, DateTimeOffset now) =>
            id == _current && !(now < _promotedAt + SecretsBed.Grace) && !(now < _pendingSince + SecretsBed.ReplayMargin);

        public void Proposed(string id, DateTimeOffset now) => (_pending, _pendingSince) = (id, now);

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"promoted {_promotedAt}, pending {_pendingSince}");
    }
}
