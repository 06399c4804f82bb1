namespace Sact.Session.Tests;

/// <summary>
/// Ending all sessions of a user with crashes and parallel sign-ins, and the records and the index after a crash at every point.
/// </summary>
public sealed class EndingAllSessions
{
    [Theory]
    [Trait("abuse", "D4")]
    [InlineData("before")]
    [InlineData("after")]
    public async Task RetriedAfterACrashLeavesNone(string when)
    {
        var host = new SessionHost();
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.SeenAsync()));
        string bobs = await host.SeenAsync("bob");
        var crash = Crash("delete_user");
        _ = when == "before" ? host.Store.Before = crash : host.Store.After = crash;
        var exchange = host.Request(ids[0]);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAllSessionsAsync());

        // The administrator, or a user who is still signed in, tries again.
        (host.Store.Before, host.Store.After) = (null, null);
        await host.Store.DeleteActiveSessionsAsync("alice");

        Assert.All(await Task.WhenAll(ids.Select(host.WhoAsync)), Assert.Null);
        Assert.Equal("bob", await host.WhoAsync(bobs));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "D4")]
    public async Task RetriedHalfwayLeavesNone()
    {
        var host = new SessionHost();
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.SeenAsync()));
        foreach (string id in ids.Take(10))
        {
            Assert.True(await host.Memory.DeleteAsync((await host.RecordOf(id))!));
        }

        Assert.Equal(10, await host.Request(ids[^1]).Session.DeleteAllSessionsAsync());

        Assert.All(await Task.WhenAll(ids.Select(host.WhoAsync)), Assert.Null);
        Assert.Equal(0, await host.Memory.DeleteActiveSessionsAsync("alice"));
    }

    [Fact]
    [Trait("abuse", "D14")]
    public async Task EndsWhatWasAcknowledgedBeforeAndNotALaterSignIn()
    {
        var host = new SessionHost();
        string before = await host.SeenAsync();
        var gate = new Gate();
        host.Store.Before = async (verb, _) =>
        {
            if (verb == "create")
            {
                await gate.PassAsync();
            }
        };
        var login = host.Request();
        var signingIn = login.Session.SetAsync("alice").AsTask();
        await gate.Reached;
        Assert.Equal(1, await host.Request(before).Session.DeleteAllSessionsAsync());
        gate.Open();
        await signingIn;

        Assert.Null(await host.WhoAsync(before));
        Assert.Equal("alice", await host.WhoAsync(login.SentId));
    }

    [Fact]
    [Trait("abuse", "D14")]
    public async Task InRandomRacesEndsAllThatWasAcknowledgedBeforeItBegan()
    {
        var host = new SessionHost();
        for (int round = 0; round < 200; round++)
        {
            string user = $"user{round}";
            string[] before = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => host.SeenAsync(user)));
            string[] during = [];

            await SideBySide.RunAsync(
                async () => Assert.True(await host.Memory.DeleteActiveSessionsAsync(user) >= 3),
                async () => during = [await host.SignInAsync(user), await host.SignInAsync(user)]);

            Assert.All(await Task.WhenAll(before.Select(host.WhoAsync)), Assert.Null);

            // Sign-ins during the call are live or ended, and the index agrees.
            var live = (await Task.WhenAll(during.Select(host.RecordOf))).OfType<SessionRecord>();
            Assert.Equal(live.Select(record => record.Key.KeyPart).Order(), (await ListedAsync(host, user)).Order());
            await host.Memory.DeleteActiveSessionsAsync(user);
            Assert.All(await Task.WhenAll(during.Select(host.WhoAsync)), Assert.Null);
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
    public async Task ACrashAtAnyPointKeepsRecordsAndIndexConsistent(string when, string verb)
    {
        // "before": the store is never called. "after": the store has done its work, and the caller does not get the answer.
        var host = new SessionHost();
        string other = await host.SeenAsync();
        string id = await host.SeenAsync();
        foreach (string call in new[] { "sign in", "update", "renew", "sign out", "end others", "end everywhere" })
        {
            _ = when == "before" ? host.Store.Before = Crash(verb) : host.Store.After = Crash(verb);
            var session = host.Request(id).Session;
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

            (host.Store.Before, host.Store.After) = (null, null);
            Assert.Equal(await host.Memory.CountActiveSessionsAsync(), (await ListedAsync(host, "alice")).Count);
            id = await host.SeenAsync();
            Assert.Equal(await host.Memory.CountActiveSessionsAsync(), (await ListedAsync(host, "alice")).Count);
        }

        // All sessions can still be found and ended, and their memory is released.
        await host.Memory.DeleteActiveSessionsAsync("alice");
        Assert.Null(await host.WhoAsync(other));
        Assert.Equal((0, 0), (await host.Memory.CountActiveSessionsAsync(), host.Memory.SizeInBytes));
    }

    [Fact]
    [Trait("abuse", "D12")]
    public async Task ParallelCallsKeepRecordsAndIndexConsistent()
    {
        var host = new SessionHost(options => options.MaxSessionsPerUser = 4);
        await SideBySide.RunAsync(4, async part =>
        {
            var random = new Random(part);
            for (int i = 0; i < 500; i++)
            {
                string user = $"user{random.Next(2)}";
                string id = await host.SignInAsync(user);
                await host.WhoAsync(id);
                switch (random.Next(6))
                {
                    case 0: await host.Request(id).Session.DeleteAsync(); break;
                    case 1: await host.Request(id).Session.DeleteOtherSessionsAsync(); break;
                    case 2: await host.Request(id).Session.DeleteAllSessionsAsync(); break;
                    case 3: await host.Request(id).Session.SetAsync(user); break;
                    case 4: await host.Request(id).Session.UpdateAsync(new() { ["n"] = new string('x', random.Next(100)) }); break;
                    default: await host.Request(id).Session.RenewAsync(); break;
                }
            }

            return true;
        });

        var listed = (await ListedAsync(host, "user0")).Concat(await ListedAsync(host, "user1")).ToList();
        Assert.Equal(await host.Memory.CountActiveSessionsAsync(), listed.Count);
        Assert.InRange(listed.Count, 0, 8);
        Assert.Equal(
            listed.Count,
            await host.Memory.DeleteActiveSessionsAsync("user0") + await host.Memory.DeleteActiveSessionsAsync("user1"));
        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    private static Func<string, CancellationToken, ValueTask> Crash(string verb) =>
        (called, _) => called == verb ? throw new SessionStoreException("crashed") : ValueTask.CompletedTask;

    private static async Task<List<string>> ListedAsync(SessionHost host, string user)
    {
        var listed = new List<string>();
        await foreach (var record in host.Memory.GetActiveSessionsAsync(user))
        {
            listed.Add(record.Key.KeyPart);
        }

        return listed;
    }
}
