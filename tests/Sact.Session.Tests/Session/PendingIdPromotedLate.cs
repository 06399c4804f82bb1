namespace Sact.Session.Tests;

/// <summary>A pending id has arrived, the write that promotes it fails, and the same request renews.</summary>
[Trait("abuse", "C12")]
public sealed class PendingIdPromotedLate
{
    [Fact]
    public async Task IsPromotedByTheRenewalAndNotReplaced()
    {
        var host = new SessionHost();
        var (exchange, arrived) = await ArrivedAsync(host, RenewalTimes.ReplayMargin);
        host.Store.Before = null;

        Assert.True(await exchange.Session.RenewAsync());

        // The client knows no other id than this one. A lost response with another id would sign the client out.
        Assert.Null(exchange.SentId);
        var record = (await host.RecordOf(arrived))!;
        Assert.Null(record.PendingHash);
        Assert.Equal(host.Clock.GetUtcNow(), record.LastPromotedAt);
        Assert.Equal("alice", await host.WhoAsync(arrived));
    }

    [Fact]
    public async Task StaysValidForAsLongAsTheSessionLives()
    {
        var host = new SessionHost();
        var (exchange, arrived) = await ArrivedAsync(host, RenewalTimes.ReplayMargin);
        host.Store.Before = null;
        Assert.True(await exchange.Session.RenewAsync());

        for (int day = 0; day < 6; day++)
        {
            host.Clock.Advance(TimeSpan.FromDays(1));
            Assert.Equal("alice", await host.WhoAsync(arrived));
        }

        Assert.Equal(0, host.EventCount(4));
    }

    [Fact]
    public async Task FailsTheRenewalWhenTheStoreIsStillDown()
    {
        var host = new SessionHost();
        var (exchange, arrived) = await ArrivedAsync(host, RenewalTimes.ReplayMargin);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.RenewAsync());

        Assert.Null(exchange.SentId);
        Assert.NotNull((await host.RecordOf(arrived))!.PendingHash);
    }

    /// <summary>A request whose presented id is pending for this long, and whose every write has failed so far.</summary>
    private static async Task<(Exchange Exchange, string Arrived)> ArrivedAsync(SessionHost host, TimeSpan pendingFor)
    {
        string arrived = (await host.RenewAsync(await host.SeenAsync()))!;
        host.Clock.Advance(pendingFor);
        host.Store.Before = (verb, _) => verb == "update" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        var exchange = host.Request(arrived);
        Assert.NotNull(await exchange.Session.GetAsync());
        return (exchange, arrived);
    }
}
