namespace Sact.Session.Tests;

/// <summary>A write is held just before the store while the session ends. It has no effect, and nothing revives the session.</summary>
public sealed class SlowWriters
{
    public static TheoryData<string, string> EveryWriteAndEveryEnd
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string write in new[] { "update", "modify", "remove", "touch", "renew", "renew immediately", "promote" })
            {
                foreach (string end in new[]
                {
                    "sign out", "sign in", "end others", "end everywhere", "end by key", "administrator", "end all of the prefix"
                })
                {
                    data.Add(write, end);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(EveryWriteAndEveryEnd))]
    [Trait("abuse", "D1")]
    [Trait("abuse", "D2")]
    [Trait("abuse", "D3")]
    public async Task HeldUntilTheSessionHasEndedHaveNoEffect(string write, string end)
    {
        var race = await Race.PrepareAsync(write);

        var writing = race.HoldAsync();
        await race.Gate.Reached;
        await race.EndAsync(end);
        race.Gate.Open();
        bool answer = await writing;

        Assert.False(answer);
        await race.AssertEndedAsync();
    }

    [Fact]
    [Trait("abuse", "D1")]
    public async Task NeverReviveTheSessionInTwoHundredOfTwoHundredRaces()
    {
        string[] writes = ["update", "modify", "remove", "touch", "renew", "renew immediately", "promote"];
        for (int i = 0; i < 200; i++)
        {
            var race = await Race.PrepareAsync(writes[i % writes.Length]);
            var writing = race.HoldAsync();
            await race.Gate.Reached;
            await race.EndAsync("sign out");
            race.Gate.Open();
            Assert.False(await writing);
            await race.AssertEndedAsync();
        }
    }

    [Fact]
    [Trait("abuse", "D1")]
    [Trait("abuse", "D2")]
    [Trait("abuse", "D3")]
    public async Task NeverReviveTheSessionInRandomRaces()
    {
        // Without the immediate renewal: if it comes first, the id that signs out is refused and ends nothing.
        string[] writes = ["update", "modify", "remove", "touch", "renew", "promote"];
        for (int i = 0; i < 210; i++)
        {
            // Without the gate, the threads decide which call comes first.
            var race = await Race.PrepareAsync(writes[i % writes.Length]);
            race.Gate.Open();

            await SideBySide.RunAsync(async () => await race.HoldAsync(), () => race.EndAsync("sign out"));

            await race.AssertEndedAsync();
        }
    }

    [Fact]
    [Trait("abuse", "D1")]
    public async Task SeeTheEndedSessionAsAbsentFromThenOn()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var slow = host.Request(id);
        Assert.NotNull(await slow.Session.GetAsync());
        await host.Request(id).Session.DeleteAsync();

        Assert.False(await slow.Session.UpdateAsync(new() { ["n"] = 1 }));

        // The write that got the answer Gone has dropped the record that the request had read.
        Assert.Null(await slow.Session.GetAsync());
    }

    /// <summary>A write that is about to reach the store, and the end of the session that overtakes it.</summary>
    private sealed class Race
    {
        private Race(SessionHost host, string write, string id, string ending)
        {
            Host = host;
            Write = write;
            Id = id;
            Ending = ending;
        }

        public Gate Gate { get; } = new();

        private SessionHost Host { get; }

        private string Write { get; }

        /// <summary>The id that the slow request presents.</summary>
        private string Id { get; }

        /// <summary>The id that ends the session.</summary>
        private string Ending { get; }

        private Exchange? Slow { get; set; }

        public static async Task<Race> PrepareAsync(string write)
        {
            var host = new SessionHost();
            string id = await host.SeenAsync("alice", new() { ["n"] = 1 });
            string presented = write == "promote" ? (await host.RenewAsync(id))! : id;
            host.Clock.Advance(write == "touch" ? TimeSpan.FromHours(1) : TimeSpan.Zero);
            return new Race(host, write, presented, id);
        }

        /// <summary>Writes, held at the gate before its first update. Returns true if the write had an effect.</summary>
        public async Task<bool> HoldAsync()
        {
            var held = new AsyncLocal<bool> { Value = true };
            Host.Store.Before = async (verb, _) =>
            {
                if (verb == "update" && held.Value)
                {
                    await Gate.PassAsync();
                }
            };
            Slow = Host.Request(Id);
            var session = Slow.Session;
            bool done = Write switch
            {
                "update" => await session.UpdateAsync(new() { ["n"] = 2 }),
                "modify" => await session.ModifyAsync<int>("n", n => n + 1),
                "remove" => await session.RemoveAsync("n"),
                "renew" => await session.RenewAsync(),
                "renew immediately" => await session.RenewAsync(immediately: true),
                _ => await session.GetAsync() is not null,
            };
            return done || Slow.SetCookies.Count > 0;
        }

        public async Task EndAsync(string end)
        {
            // Only the slow request is held, not a touch by the request that ends the session.
            var exchange = Host.Request(Ending);
            switch (end)
            {
                case "sign out": await exchange.Session.DeleteAsync(); break;
                case "sign in": await exchange.Session.SetAsync("bob"); break;
                case "end everywhere": Assert.Equal(1, await exchange.Session.DeleteAllSessionsAsync()); break;
                case "administrator": Assert.Equal(1, await Host.Memory.DeleteActiveSessionsAsync("alice")); break;
                case "end all of the prefix": Assert.Equal(1, await Host.Memory.ClearAsync()); break;
                default:
                    var other = Host.Request(await Host.SignInAsync());
                    if (end == "end others")
                    {
                        Assert.Equal(1, await other.Session.DeleteOtherSessionsAsync());
                    }
                    else
                    {
                        Assert.True(await other.Session.DeleteSessionAsync(Host.Memory.GetSessionKey(Id)));
                    }

                    break;
            }
        }

        public async Task AssertEndedAsync()
        {
            Assert.Null(await Host.RecordOf(Id));
            Assert.Null(await Host.WhoAsync(Id));
            Assert.Null(await Host.WhoAsync(Ending));
            if (Slow?.SentId is { } sent)
            {
                Assert.Null(await Host.WhoAsync(sent));
            }

            Assert.Null(await Slow!.Session.GetAsync(reload: true));
        }
    }
}
