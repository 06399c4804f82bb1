namespace Sact.Session.Tests;

/// <summary>A pending id has arrived, the write that promotes it fails, and the same request renews.</summary>
[Trait("abuse", "C12")]
public sealed class PendingIdPromotedLate
{
    [Fact]
    public async Task IsPromotedByTheRenewalAndNotReplaced()
    {
        var bed = new Bed();
        var (exchange, arrived) = await ArrivedAsync(bed, SecretsBed.ReplayMargin);
        bed.Store.Before = null;

        Assert.True(await exchange.Session.RenewAsync());

        // The client knows no other id than this one. A lost response with another id would sign the client out.
        Assert.Null(exchange.SentId);
        var record = (await bed.RecordOf(arrived))!;
        Assert.Null(record.PendingHash);
        Assert.Equal(bed.Clock.GetUtcNow(), record.LastPromotedAt);
        Assert.Equal("alice", await bed.WhoAsync(arrived));
    }

    [Fact]
    public async Task StaysValidForAsLongAsTheSessionLives()
    {
        var bed = new Bed();
        var (exchange, arrived) = await ArrivedAsync(bed, SecretsBed.ReplayMargin);
        bed.Store.Before = null;
        Assert.True(await exchange.Session.RenewAsync());

        for (int day = 0; day < 6; day++)
        {
            bed.Clock.Advance(TimeSpan.FromDays(1));
            Assert.Equal("alice", await bed.WhoAsync(arrived));
        }

        Assert.Equal(0, bed.EventCount(4));
    }

    [Fact]
    public async Task FailsTheRenewalWhenTheStoreIsStillDown()
    {
        var bed = new Bed();
        var (exchange, arrived) = await ArrivedAsync(bed, SecretsBed.ReplayMargin);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.RenewAsync());

        Assert.Null(exchange.SentId);
        Assert.NotNull((await bed.RecordOf(arrived))!.PendingHash);
    }

    /// <summary>A request whose presented id is pending for this long, and whose every write has failed so far.</summary>
    private static async Task<(Exchange Exchange, string Arrived)> ArrivedAsync(Bed bed, TimeSpan pendingFor)
    {
        string arrived = (await bed.RenewAsync(await bed.SeenAsync()))!;
        bed.Clock.Advance(pendingFor);
        bed.Store.Before = (verb, _) => verb == "update" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        var exchange = bed.Request(arrived);
        Assert.NotNull(await exchange.Session.GetAsync());
        return (exchange, arrived);
    }
}
