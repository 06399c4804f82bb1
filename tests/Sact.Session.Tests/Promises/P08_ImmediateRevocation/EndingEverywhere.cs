namespace Sact.Session.Tests;

/// <summary>Signing out everywhere, killed half-way, met by sign-ins; and the record and the index after a crash at every point.</summary>
public sealed class EndingEverywhere
{
    [Theory]
    [Trait("abuse", "D4")]
    [InlineData("before")]
    [InlineData("after")]
    public async Task KilledAndRetriedLeavesNone(string killed)
    {
        var bed = new Bed();
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => bed.SeenAsync()));
        string bobs = await bed.SeenAsync("bob");
        var kill = Kill("delete_user");
        _ = killed == "before" ? bed.Store.Before = kill : bed.Store.After = kill;
        var exchange = bed.Request(ids[0]);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAllSessionsAsync());

        // The administrator, or whoever is still signed in, tries again.
        (bed.Store.Before, bed.Store.After) = (null, null);
        await bed.Store.DeleteActiveSessionsAsync("alice");

        Assert.All(await Task.WhenAll(ids.Select(bed.WhoAsync)), Assert.Null);
        Assert.Equal("bob", await bed.WhoAsync(bobs));
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "D4")]
    public async Task HalfDoneAndRetriedLeavesNone()
    {
        var bed = new Bed();
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => bed.SeenAsync()));
        foreach (string id in ids.Take(10))
        {
            Assert.True(await bed.Memory.DeleteAsync((await bed.RecordOf(id))!));
        }

        Assert.Equal(10, await bed.Request(ids[^1]).Session.DeleteAllSessionsAsync());

        Assert.All(await Task.WhenAll(ids.Select(bed.WhoAsync)), Assert.Null);
        Assert.Equal(0, await bed.Memory.DeleteActiveSessionsAsync("alice"));
    }

    [Fact]
    [Trait("abuse", "D14")]
    public async Task EndsWhatWasAcknowledgedBeforeAndNotASignInThatLandsAfter()
    {
        var bed = new Bed();
        string before = await bed.SeenAsync();
        var gate = new Gate();
        bed.Store.Before = async (verb, _) =>
        {
            if (verb == "create")
            {
                await gate.PassAsync();
            }
        };
        var login = bed.Request();
        var signingIn = login.Session.SetAsync("alice").AsTask();
        await gate.Reached;
        Assert.Equal(1, await bed.Request(before).Session.DeleteAllSessionsAsync());
        gate.Open();
        await signingIn;

        Assert.Null(await bed.WhoAsync(before));
        Assert.Equal("alice", await bed.WhoAsync(login.SentId));
    }

    [Fact]
    [Trait("abuse", "D14")]
    public async Task AtRandomEndsAllThatWasAcknowledgedBeforeItBegan()
    {
        var bed = new Bed();
        for (int round = 0; round < 200; round++)
        {
            string user = $"user{round}";
            string[] before = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => bed.SeenAsync(user)));
            string[] during = [];

            await SecretsBed.SideBySide(
                async () => Assert.True(await bed.Memory.DeleteActiveSessionsAsync(user) >= 3),
                async () => during = [await bed.SignInAsync(user), await bed.SignInAsync(user)]);

            Assert.All(await Task.WhenAll(before.Select(bed.WhoAsync)), Assert.Null);

            // Those that came in meanwhile are dead or alive, and the index agrees.
            var alive = (await Task.WhenAll(during.Select(bed.RecordOf))).OfType<SessionRecord>();
            Assert.Equal(alive.Select(record => record.Key.KeyPart).Order(), (await ListedAsync(bed, user)).Order());
            await bed.Memory.DeleteActiveSessionsAsync(user);
            Assert.All(await Task.WhenAll(during.Select(bed.WhoAsync)), Assert.Null);
        }
    }

    [Theory]
    [Trait("abuse", "D12")]
    [InlineData("before", "create")]
    [InlineData("after", "create")]
    [InlineData("before", "delete")]
    [InlineData("after", "delete")]
    [InlineData("before", "delete_user")]
    [InlineData("after", "delete_user")]
    [InlineData("before", "update")]
    [InlineData("after", "update")]
    public async Task ACrashAtAnyPointLeavesRecordAndIndexAgreeing(string when, string verb)
    {
        // "Before": the store was never called. "After": it did its part, and nobody learnt of it.
        var bed = new Bed();
        string other = await bed.SeenAsync();
        string id = await bed.SeenAsync();
        foreach (string call in new[] { "sign in", "update", "renew", "sign out", "end others", "end everywhere" })
        {
            _ = when == "before" ? bed.Store.Before = Kill(verb) : bed.Store.After = Kill(verb);
            var session = bed.Request(id).Session;
            await Record.ExceptionAsync(async () =>
            {
                switch (call)
                {
                    case "sign in": await session.SetAsync("alice"); break;
                    case "update": await session.UpdateAsync(new() { ["n"] = 1 }); break;
                    case "renew": await session.RenewAsync(); break;
                    case "sign out": await session.DeleteAsync(); break;
                    case "end others": await session.DeleteOtherSessionsAsync(); break;
                    default: await session.DeleteAllSessionsAsync(); break;
                }
            });

            (bed.Store.Before, bed.Store.After) = (null, null);
            Assert.Equal(await bed.Memory.CountActiveSessionsAsync(), (await ListedAsync(bed, "alice")).Count);
            id = await bed.SeenAsync();
            Assert.Equal(await bed.Memory.CountActiveSessionsAsync(), (await ListedAsync(bed, "alice")).Count);
        }

        // All of them can still be found and ended, and their room is given back.
        await bed.Memory.DeleteActiveSessionsAsync("alice");
        Assert.Null(await bed.WhoAsync(other));
        Assert.Equal((0, 0), (await bed.Memory.CountActiveSessionsAsync(), bed.Memory.SizeInBytes));
    }

    [Fact]
    [Trait("abuse", "D12")]
    public async Task EverythingAtOnceLeavesRecordAndIndexAgreeing()
    {
        var bed = new Bed(options => options.MaxSessionsPerUser = 4);
        await SecretsBed.SideBySide(4, async part =>
        {
            var random = new Random(part);
            for (int i = 0; i < 500; i++)
            {
                string user = $"user{random.Next(2)}";
                string id = await bed.SignInAsync(user);
                await bed.WhoAsync(id);
                switch (random.Next(6))
                {
                    case 0: await bed.Request(id).Session.DeleteAsync(); break;
                    case 1: await bed.Request(id).Session.DeleteOtherSessionsAsync(); break;
                    case 2: await bed.Request(id).Session.DeleteAllSessionsAsync(); break;
                    case 3: await bed.Request(id).Session.SetAsync(user); break;
                    case 4: await bed.Request(id).Session.UpdateAsync(new() { ["n"] = new string('x', random.Next(100)) }); break;
                    default: await bed.Request(id).Session.RenewAsync(); break;
                }
            }

            return true;
        });

        var listed = (await ListedAsync(bed, "user0")).Concat(await ListedAsync(bed, "user1")).ToList();
        Assert.Equal(await bed.Memory.CountActiveSessionsAsync(), listed.Count);
        Assert.InRange(listed.Count, 0, 8);
        Assert.Equal(listed.Count, await bed.Memory.DeleteActiveSessionsAsync("user0") + await bed.Memory.DeleteActiveSessionsAsync("user1"));
        Assert.Equal(0, bed.Memory.SizeInBytes);
    }

    private static Func<string, CancellationToken, ValueTask> Kill(string verb) =>
        (called, _) => called == verb ? throw new SessionStoreException("killed") : ValueTask.CompletedTask;

    private static async Task<List<string>> ListedAsync(Bed bed, string user)
    {
        var listed = new List<string>();
        await foreach (var record in bed.Memory.GetActiveSessionsAsync(user))
        {
            listed.Add(record.Key.KeyPart);
        }

        return listed;
    }
}
