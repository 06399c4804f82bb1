namespace Sact.Session.Tests;

/// <summary>After a password change, one call keeps only this session and makes copies of its cookie invalid.</summary>
[Trait("abuse", "C9")]
public sealed class PasswordChange
{
    [Fact]
    public async Task KeepsOnlyThisSessionUnderANewId()
    {
        var host = new SessionHost();
        string phone = await host.SeenAsync();
        string laptop = await host.SeenAsync();
        string bobs = await host.SeenAsync("bob");
        var half = host.Request();
        await half.Session.SetPendingAsync("alice");

        var change = host.Request(laptop);
        Assert.Equal(2, await change.Session.DeleteOtherSessionsAsync(renewCurrent: true));

        Assert.NotEqual(laptop, change.SentId);
        Assert.Equal("alice", await host.WhoAsync(change.SentId));
        Assert.Null(await host.WhoAsync(laptop));
        Assert.Null(await host.WhoAsync(phone));
        Assert.Null(await host.Request(half.SentId).Session.GetAnyAsync());
        Assert.Equal("bob", await host.WhoAsync(bobs));
        Assert.Equal("alice", (await change.Session.GetAsync())?.UserId);
    }

    [Fact]
    public async Task WithoutAUserEndsNothing()
    {
        var host = new SessionHost();
        string alices = await host.SeenAsync();
        var pending = host.Request();
        await pending.Session.SetPendingAsync("alice");

        Assert.Equal(0, await host.Request().Session.DeleteOtherSessionsAsync(renewCurrent: true));
        Assert.Equal(0, await host.Request(pending.SentId).Session.DeleteOtherSessionsAsync(renewCurrent: true));

        Assert.Equal("alice", await host.WhoAsync(alices));
    }

    [Fact]
    [Trait("abuse", "C12f")]
    public async Task WithAnIdWithinTheGraceEndsTheOthersAndSendsNoSecret()
    {
        var host = new SessionHost();
        string phone = await host.SeenAsync();
        string old = await host.SeenAsync();
        string current = await host.RotateAsync(old);

        var late = host.Request(old);
        Assert.Equal(1, await late.Session.DeleteOtherSessionsAsync(renewCurrent: true));
        Assert.Equal("alice", (await late.Session.GetAsync())?.UserId);

        Assert.Null(late.SentId);
        Assert.Null(await host.WhoAsync(phone));
        Assert.Equal("alice", await host.WhoAsync(current));
    }

    [Fact]
    public async Task OvertakenByAnotherRenewalStillEndsTheOthers()
    {
        var host = new SessionHost();
        string phone = await host.SeenAsync();
        string laptop = await host.SeenAsync();
        var gate = new Gate();
        host.Store.Before = async (verb, _) =>
        {
            if (verb == "delete_user")
            {
                await gate.PassAsync();
            }
        };
        var slow = host.Request(laptop);
        var change = slow.Session.DeleteOtherSessionsAsync(renewCurrent: true).AsTask();
        await gate.Reached;
        var quick = host.Request(laptop);
        Assert.True(await quick.Session.RenewAsync(immediately: true));
        gate.Open();

        Assert.Equal(1, await change);
        Assert.Null(await slow.Session.GetAsync());
        Assert.Null(slow.SentId);
        Assert.Null(await host.WhoAsync(phone));
        Assert.Equal("alice", await host.WhoAsync(quick.SentId));
    }

    [Fact]
    public async Task IsRefusedOnceTheResponseHasStarted()
    {
        var host = new SessionHost();
        string phone = await host.SeenAsync();
        string laptop = await host.SeenAsync();
        var exchange = host.Request(laptop);
        exchange.StartResponse();

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await exchange.Session.DeleteOtherSessionsAsync(renewCurrent: true));

        Assert.Equal("alice", await host.WhoAsync(phone));
        Assert.Equal("alice", await host.WhoAsync(laptop));
    }
}
