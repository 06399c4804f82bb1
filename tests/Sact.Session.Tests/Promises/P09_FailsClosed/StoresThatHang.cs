namespace Sact.Session.Tests;

public sealed class AStoreThatHangs
{
    /// <summary>The store's own cancellation callback blocks, then throws: neither holds the answer up nor takes its place.</summary>
    [Fact]
    [Trait("abuse", "E2")]
    [Trait("abuse", "E3")]
    public async Task IsAFaultAtTheTimeOutWhateverItsCallbacksDo()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        var gate = new Gate();
        using var release = new ManualResetEventSlim();
        bed.Store.Before = async (verb, token) =>
        {
            token.Register(() =>
            {
                release.Wait(TimeSpan.FromSeconds(30));
                throw new InvalidOperationException("a callback that throws");
            });
            await gate.PassAsync();
        };
        var reading = bed.Request(id).Session.GetAsync().AsTask();
        await gate.Reached;

        bed.Clock.Advance(bed.Options.StoreTimeout);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => reading.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("StoreTimeout", fault.Message, StringComparison.Ordinal);
        release.Set();
        gate.Open();
    }
}
