using System.Globalization;

namespace Sact.Session.Tests;

/// <summary>
/// Random clients, thieves, lost responses and late requests are compared with a small model of the rules for secrets. Time is simulated:
/// every request is sent, arrives, is processed and is answered at separate instants, all within the grace.
/// </summary>
[Trait("abuse", "C12")]
public sealed class RandomClientsAndThieves
{
    private const int Walks = 250;
    private const int Steps = 120;

    [Fact]
    public async Task HonestClientsStaySignedInAndOldIdsAreRefusedAfterTheGrace()
    {
        int renewals = 0;
        int refusals = 0;
        for (int seed = 0; seed < Walks; seed++)
        {
            var walk = await new Walk(seed, thieves: true).RunAsync();
            renewals += walk.Renewals;
            refusals += walk.Refusals;
        }

        // The walks reached the interesting cases.
        Assert.True(renewals > Walks * 3, $"Only {renewals} renewals.");
        Assert.True(refusals > Walks, $"Only {refusals} stolen ids were refused.");
    }

    [Fact]
    public async Task HonestClientsAloneNeverEndTheirSession()
    {
        for (int seed = 0; seed < Walks; seed++)
        {
            var walk = await new Walk(seed, thieves: false).RunAsync();
            Assert.True(walk.Host.EventCount(4) == 0 && walk.Host.EventCount(3) == 0, $"Seed {seed}: an honest client's id was refused.");
        }
    }

    /// <summary>One client with its cookie jar, and the thieves around it.</summary>
    private sealed class Walk(int seed, bool thieves)
    {
        private readonly Random _random = new(seed);
        private readonly PriorityQueue<Func<Task>, (DateTimeOffset At, int Order)> _due = new();
        private readonly Model _model = new();
        private readonly List<string> _stolen = [];
        private string _jar = "";
        private int _order;
        private bool _ended;

        public SessionHost Host { get; } = new();

        public int Renewals { get; private set; }

        public int Refusals { get; private set; }

        public async Task<Walk> RunAsync()
        {
            _jar = await Host.SignInAsync();
            _model.Began(_jar, Host.Clock.GetUtcNow());
            for (int step = 0; step < Steps && !_ended; step++)
            {
                // Mostly bursts, sometimes a pause that is longer than the grace or the margin.
                var pause = _random.Next(10) switch
                {
                    < 7 => TimeSpan.FromMilliseconds(_random.Next(5_000)),
                    < 9 => TimeSpan.FromSeconds(_random.Next(20, 120)),
                    _ => TimeSpan.FromMinutes(_random.Next(5, 60)),
                };
                await UntilAsync(Host.Clock.GetUtcNow() + pause);
                if (!_ended)
                {
                    Send();
                }
            }

            await UntilAsync(Host.Clock.GetUtcNow() + TimeSpan.FromMinutes(1));
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

            // The client sends the cookie now; it arrives when the network delivers it.
            string sent = _jar;
            After(8_000, () => ArriveAsync(sent));
        }

        private async Task ArriveAsync(string id)
        {
            var now = Host.Clock.GetUtcNow();
            Assert.True(_model.IsValid(id, now), $"Seed {seed}: the model says that an honest client's id is no longer valid.");
            var exchange = Host.Request(id);
            Assert.True(await exchange.Session.GetAsync() is { UserId: "alice" }, $"Seed {seed}: an honest client was signed out.");
            _model.Arrived(id, now);
            int action = _random.Next(10);
            After(8_000, () => WorkAsync(exchange, id, action));
        }

        private async Task WorkAsync(Exchange exchange, string id, int action)
        {
            if (_ended)
            {
                return;
            }

            switch (action)
            {
                case < 5:
                    bool due = _model.SendsCookie(id, Host.Clock.GetUtcNow());
                    Assert.True(await exchange.Session.RenewAsync(), $"Seed {seed}: an honest client's renewal failed.");
                    Assert.True(exchange.SentId is not null == due, $"Seed {seed}: a cookie was {(due ? "due" : "not due")}.");
                    if (exchange.SentId is { } proposed)
                    {
                        Renewals++;
                        _model.Proposed(proposed, Host.Clock.GetUtcNow());
                    }

                    break;
                case < 8:
                    Assert.True(
                        await exchange.Session.UpdateAsync(new() { ["n"] = action }),
                        $"Seed {seed}: an honest client's update was refused.");
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
            var now = Host.Clock.GetUtcNow();
            bool valid = _model.IsValid(id, now);
            bool replays = _model.IsReplay(id, now);
            int before = Host.EventCount(4);

            Assert.True(
                await Host.WhoAsync(id) is not null == valid,
                $"Seed {seed}: a thief was {(valid ? "refused although the id is valid" : "accepted")}.");

            Assert.True(Host.EventCount(4) - before == (replays ? 1 : 0), $"Seed {seed}: a replay was reported wrongly.");
            Refusals += valid ? 0 : 1;
            if (valid)
            {
                _model.Arrived(id, now);
            }
            else if (replays)
            {
                Assert.Equal(0, await Host.Memory.CountActiveSessionsAsync());
                _ended = true;
                _due.Clear();
            }
        }

        private void After(int atMostMilliseconds, Func<Task> then) =>
            _due.Enqueue(then, (Host.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(_random.Next(atMostMilliseconds + 1)), _order++));

        private async Task UntilAsync(DateTimeOffset end)
        {
            while (_due.TryPeek(out _, out var next) && next.At <= end)
            {
                var then = _due.Dequeue();
                Host.Clock.SetUtcNow(next.At);
                await then();
            }

            Host.Clock.SetUtcNow(end);
        }
    }

    /// <summary>The rules for secrets, written with ids instead of hashes.</summary>
    private sealed class Model
    {
        private string? _current;
        private string? _pending;
        private string? _previous;
        private DateTimeOffset? _pendingSince;
        private DateTimeOffset? _promotedAt;
        private DateTimeOffset _createdAt;

        public void Began(string id, DateTimeOffset now) => (_current, _createdAt) = (id, now);

        public bool IsValid(string id, DateTimeOffset now) =>
            id == _current || id == _pending || (id == _previous && now < _promotedAt + RenewalTimes.Grace);

        public bool IsReplay(string id, DateTimeOffset now)
        {
            var last = new[] { _createdAt, _promotedAt ?? _createdAt, _pendingSince ?? _createdAt }.Max();
            return !IsValid(id, now) && now > last + RenewalTimes.ReplayMargin;
        }

        public void Arrived(string id, DateTimeOffset now)
        {
            if (id == _pending)
            {
                (_previous, _current, _pending, _pendingSince, _promotedAt) = (_current, id, null, null, now);
            }
        }

        public bool SendsCookie(string id, DateTimeOffset now) =>
            id == _current && !(now < _promotedAt + RenewalTimes.Grace) && !(now < _pendingSince + RenewalTimes.ReplayMargin);

        public void Proposed(string id, DateTimeOffset now) => (_pending, _pendingSince) = (id, now);

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"promoted {_promotedAt}, pending {_pendingSince}");
    }
}
