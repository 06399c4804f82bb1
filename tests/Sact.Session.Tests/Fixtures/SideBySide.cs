namespace Sact.Session.Tests;

/// <summary>Runs calls in parallel.</summary>
internal static class SideBySide
{
    /// <summary>Runs the same function in parallel, each on a thread of the pool. All start at the same moment.</summary>
    public static async Task<T[]> RunAsync<T>(int count, Func<int, Task<T>> run)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tasks = Enumerable.Range(0, count).Select(i => Task.Run(async () =>
        {
            await start.Task;
            return await run(i);
        })).ToArray();
        start.SetResult();
        return await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Runs two different functions in parallel.</summary>
    public static Task RunAsync(Func<Task> one, Func<Task> other) => RunAsync(2, async i =>
    {
        await (i == 0 ? one() : other());
        return true;
    });
}
