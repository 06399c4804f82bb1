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

    /// <summary>
    /// The pool has no thread to take the answer, which is there, and the time is up. A starved application is no fault of its store.
    /// </summary>
    [Fact]
    [Trait("abuse", "K30")]
    public async Task IsNotOneWhoseAnswerIsThereWhenTheTimeIsUp()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice");
        var record = (await host.RecordOf(id))!;
        for (int i = 0; i < 100; i++)
        {
            // Whoever waits for it takes the answer on another thread, so that the time is up before.
            var answer = new TaskCompletionSource<SessionRecord?>(TaskCreationOptions.RunContinuationsAsynchronously);
            host.Store.Read = _ => answer.Task;
            var reading = host.Request(id).Session.GetAsync().AsTask();
            answer.SetResult(record);
            host.Clock.Advance(host.Options.StoreTimeout);

            Assert.Equal("alice", (await reading)?.UserId);
        }
    }
}
