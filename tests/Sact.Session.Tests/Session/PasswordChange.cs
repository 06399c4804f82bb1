namespace Sact.Session.Tests;

/// <summary>After a change of password only this session stays, in one call, and a copy of its cookie is worth nothing.</summary>
[Trait("abuse", "C9")]
public sealed class PasswordChange
{
    [Fact]
    public async Task LeavesThisSessionUnderANewIdAndNoOther()
    {
        var bed = new Bed();
        string phone = await bed.SeenAsync();
        string laptop = await bed.SeenAsync();
        string bobs = await bed.SeenAsync("bob");
        var half = bed.Request();
        await half.Session.SetPendingAsync("alice");

        var change = bed.Request(laptop);
        Assert.Equal(2, await change.Session.DeleteOtherSessionsAsync(renewCurrent: true));

        Assert.NotEqual(laptop, change.SentId);
        Assert.Equal("alice", await bed.WhoAsync(change.SentId));
        Assert.Null(await bed.WhoAsync(laptop));
        Assert.Null(await bed.WhoAsync(phone));
        Assert.Null(await bed.Request(half.SentId).Session.GetAnyAsync());
        Assert.Equal("bob", await bed.WhoAsync(bobs));
        Assert.Equal("alice", (await change.Session.GetAsync())?.UserId);
    }

    [Fact]
    public async Task OfNobodyEndsNothing()
    {
        var bed = new Bed();
        string alices = await bed.SeenAsync();
        var pending = bed.Request();
        await pending.Session.SetPendingAsync("alice");

        Assert.Equal(0, await bed.Request().Session.DeleteOtherSessionsAsync(renewCurrent: true));
        Assert.Equal(0, await bed.Request(pending.SentId).Session.DeleteOtherSessionsAsync(renewCurrent: true));

        Assert.Equal("alice", await bed.WhoAsync(alices));
    }

    [Fact]
    [Trait("abuse", "C12f")]
    public async Task ByAnIdInItsGraceEndsTheOthersAndSendsNoSecret()
    {
        var bed = new Bed();
        string phone = await bed.SeenAsync();
        string old = await bed.SeenAsync();
        string current = await bed.RotateAsync(old);

        var late = bed.Request(old);
        Assert.Equal(1, await late.Session.DeleteOtherSessionsAsync(renewCurrent: true));
        Assert.Equal("alice", (await late.Session.GetAsync())?.UserId);

        Assert.Null(late.SentId);
        Assert.Null(await bed.WhoAsync(phone));
        Assert.Equal("alice", await bed.WhoAsync(current));
    }

    [Fact]
    public async Task OvertakenByAnotherReplacementEndsTheOthersAllTheSame()
    {
        var bed = new Bed();
        string phone = await bed.SeenAsync();
        string laptop = await bed.SeenAsync();
        var gate = new Gate();
        bed.Store.Before = async (verb, _) =>
        {
            if (verb == "delete_user")
            {
                await gate.PassAsync();
            }
        };
        var slow = bed.Request(laptop);
        var change = slow.Session.DeleteOtherSessionsAsync(renewCurrent: true).AsTask();
        await gate.Reached;
        var quick = bed.Request(laptop);
        Assert.True(await quick.Session.RenewAsync(immediately: true));
        gate.Open();

        Assert.Equal(1, await change);
        Assert.Null(await slow.Session.GetAsync());
        Assert.Null(slow.SentId);
        Assert.Null(await bed.WhoAsync(phone));
        Assert.Equal("alice", await bed.WhoAsync(quick.SentId));
    }

    [Fact]
    public async Task IsRefusedOnceTheResponseHasStarted()
    {
        var bed = new Bed();
        string phone = await bed.SeenAsync();
        string laptop = await bed.SeenAsync();
        var exchange = bed.Request(laptop);
        exchange.StartResponse();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await exchange.Session.DeleteOtherSessionsAsync(renewCurrent: true));

        Assert.Equal("alice", await bed.WhoAsync(phone));
        Assert.Equal("alice", await bed.WhoAsync(laptop));
    }
}
