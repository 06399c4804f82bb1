namespace Sact.Session.Tests;

public sealed class FailedSignOut
{
    [Fact]
    [Trait("abuse", "E6")]
    public async Task LeavesNobodySignedInForTheRestOfTheRequest()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        host.Store.After = (verb, _) =>
            verb == "delete" ? throw new SessionStoreException("lost", null, outcomeUnknown: true) : ValueTask.CompletedTask;

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAsync());

        Assert.Null(await exchange.Session.GetAsync());
        Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
        Assert.Equal("", exchange.SentId);
    }

    [Fact]
    public async Task CanBeRetriedInTheSameRequest()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        host.Store.Before = (verb, _) => verb == "delete" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAsync());
        host.Store.Before = null;

        await exchange.Session.DeleteAsync();

        Assert.Null(await host.WhoAsync(id));
        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task StillDeletesTheCookieIfTheTokenIsAlreadyCancelled()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SignInAsync());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await exchange.Session.DeleteAsync(new CancellationToken(canceled: true)));

        Assert.Equal("", exchange.SentId);
    }
}
