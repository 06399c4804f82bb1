namespace Sact.Session.Tool;

/// <summary>The process.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            // The first Ctrl+C lets the step that runs come to its end. The second one ends the process.
            pressed.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        };
        return await SessionTool.RunAsync(arguments, ToolConsole.OfProcess(), stop.Token).ConfigureAwait(false);
    }
}
