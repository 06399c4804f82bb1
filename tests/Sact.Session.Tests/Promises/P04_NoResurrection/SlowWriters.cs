namespace Sact.Session.Tests;

/// <summary>Whatever is held just before the store when the session ends stays without effect: nothing brings the session back.</summary>
public sealed class SlowWriters
{
    public static TheoryData<string, string> EveryWriteAndEveryEnd
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string write in new[] { "update", "modify", "remove", "touch", "renew", "renew immediately", "promote" })
            {
                foreach (string end in new[] { "sign out", "sign in", "end others", "end everywhere", "end by key", "administrator", "end all of the prefix" })
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
    public async Task HeldWhileTheSessionEndsFindItDead(string write, string end)
    {
        var race = await Race.PrepareAsync(write);

        var writing = race.HoldAsync();
        await race.Gate.Reached;
        await race.EndAsync(end);
        race.Gate.Open();
        bool answer = await writing;

        Assert.False(answer);
        await race.AssertDeadAsync();
    }

    [Fact]
    [Trait("abuse", "D1")]
    public async Task TwoHundredOfTwoHundredLeaveTheSessionDead()
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
            await race.AssertDeadAsync();
        }
    }

    [Fact]
    [Trait("abuse", "D1")]
    [Trait("abuse", "D2")]
    [Trait("abuse", "D3")]
    public async Task AtRandomLeaveTheSessionDead()
    {
        // Not the immediate renewal: where that is first, the id that signs out is refused from then on and ends nothing.
        string[] writes = ["update", "modify", "remove", "touch", "renew", "promote"];
        for (int i = 0; i < 210; i++)
        {
            // Without the gate: who is first is left to the threads.
            var race = await Race.PrepareAsync(writes[i % writes.Length]);
            race.Gate.Open();

            await SecretsBed.SideBySide(async () => await race.HoldAsync(), () => race.EndAsync("sign out"));

            await race.AssertDeadAsync();
        }
    }

    [Fact]
    [Trait("abuse", "D1")]
    public async Task SeeTheirSessionGoneFromThenOn()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var slow = bed.Request(id);
        Assert.NotNull(await slow.Session.GetAsync());
        await bed.Request(id).Session.DeleteAsync();

        Assert.False(await slow.Session.UpdateAsync(new() { ["n"] = 1 }));

        // The write that answered Gone has forgotten what was remembered.
        Assert.Null(await slow.Session.GetAsync());
    }

    /// <summary>A write about to reach the store, and the end that overtakes it.</summary>
    private sealed class Race
    {
        private Race(Bed bed, string write, string id, string ending)
        {
            Bed = bed;
            Write = write;
            Id = id;
            Ending = ending;
        }

        public Gate Gate { get; } = new();

        private Bed Bed { get; }

        private string Write { get; }

        /// <summary>The id that the slow request presents.</summary>
        private string Id { get; }

        /// <summary>The id that the session is ended by.</summary>
        private string Ending { get; }

        private Exchange? Slow { get; set; }

        public static async Task<Race> PrepareAsync(string write)
        {
            var bed = new Bed();
            string id = await bed.SeenAsync("alice", new() { ["n"] = 1 });
            string presented = write == "promote" ? (await bed.RenewAsync(id))! : id;
            bed.Clock.Advance(write == "touch" ? TimeSpan.FromHours(1) : TimeSpan.Zero);
            return new Race(bed, write, presented, id);
        }

        /// <summary>Writes, held at the gate before its first update. True if it had an effect.</summary>
        public async Task<bool> HoldAsync()
        {
            var held = new AsyncLocal<bool> { Value = true };
            Bed.Store.Before = async (verb, _) =>
            {
                if (verb == "update" && held.Value)
                {
                    await Gate.PassAsync();
                }
            };
            Slow = Bed.Request(Id);
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
            // The touch that the ender's own request would make is not the write that is held.
            var exchange = Bed.Request(Ending);
            switch (end)
            {
                case "sign out": await exchange.Session.DeleteAsync(); break;
                case "sign in": await exchange.Session.SetAsync("bob"); break;
                case "end everywhere": Assert.Equal(1, await exchange.Session.DeleteAllSessionsAsync()); break;
                case "administrator": Assert.Equal(1, await Bed.Memory.DeleteActiveSessionsAsync("alice")); break;
                case "end all of the prefix": Assert.Equal(1, await Bed.Memory.ClearAsync()); break;
                default:
                    var other = Bed.Request(await Bed.SignInAsync());
                    if (end == "end others")
                    {
                        Assert.Equal(1, await other.Session.DeleteOtherSessionsAsync());
                    }
                    else
                    {
                        Assert.True(await other.Session.DeleteSessionAsync(Bed.Memory.GetSessionKey(Id)));
                    }

                    break;
            }
        }

        public async Task AssertDeadAsync()
        {
            Assert.Null(await Bed.RecordOf(Id));
            Assert.Null(await Bed.WhoAsync(Id));
            Assert.Null(await Bed.WhoAsync(Ending));
            if (Slow?.SentId is { } sent)
            {
                Assert.Null(await Bed.WhoAsync(sent));
            }

            Assert.Null(await Slow!.Session.GetAsync(reload: true));
        }
    }
}
