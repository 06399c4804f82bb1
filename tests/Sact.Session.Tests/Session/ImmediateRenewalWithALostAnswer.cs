namespace Sact.Session.Tests;

public sealed class ImmediateRenewalWithALostAnswer
{
    [Fact]
    public async Task IsDetectedAndSendsTheCookie()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        await exchange.Session.GetAsync();
        host.Store.After = (verb, _) =>
            verb == "update" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        Assert.True(await exchange.Session.RenewAsync(immediately: true));

        host.Store.After = null;
        Assert.Equal("alice", await host.WhoAsync(exchange.SentId));
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "E2")]
    public async Task LeavesTheOutcomeUnknownIfTheStoreCannotSay()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        await exchange.Session.GetAsync();
        host.Store.After = (verb, _) =>
            verb == "update" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;
        host.Store.Before = (verb, _) => verb == "get" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;

        var fault = await Assert.ThrowsAsync<SessionStoreException>(
            async () => await exchange.Session.RenewAsync(immediately: true));

        Assert.Equal(("lost", true), (fault.Message, fault.OutcomeUnknown));
    }

    [Fact]
    public async Task ThrowsIfItDidNotHappen()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        await exchange.Session.GetAsync();
        host.Store.Before = (verb, _) =>
            verb == "update" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.RenewAsync(immediately: true));

        host.Store.Before = null;
        Assert.Null(exchange.SentId);
        Assert.Equal("alice", await host.WhoAsync(id));
    }
}
