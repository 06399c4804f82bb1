namespace Sact.Session.Tests;

/// <summary>What a test reads from a token.</summary>
internal static class TokenFacts
{
    /// <summary>Completes when the token is cancelled; fails after 30 seconds.</summary>
    public static async Task CancelledAsync(this CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(cancelled.SetResult);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
