namespace Sact.Session.Tests;

public sealed class HangingStore
{
    /// <summary>
    /// The cancellation callback of the store blocks and then throws. It neither delays nor replaces the timeout exception.
    /// </summary>
    [Fact]
    [Trait("abuse", "E2")]
    [Trait("abuse", "E3")]
    public async Task FailsAtTheTimeoutWhateverItsCallbacksDo()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var gate = new Gate();
        using var release = new ManualResetEventSlim();
        host.Store.Before = async (verb, token) =>
        {
            token.Register(() =>
            {
                release.Wait(TimeSpan.FromSeconds(30));
                throw new InvalidOperationException("a callback that throws");
            });
            await gate.PassAsync();
        };
        var reading = host.Request(id).Session.GetAsync().AsTask();
        await gate.Reached;

        host.Clock.Advance(host.Options.StoreTimeout);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => reading.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("StoreTimeout", fault.Message, StringComparison.Ordinal);
        release.Set();
        gate.Open();
    }
}
