using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary><c>cleanup</c>: destroys expired records, where the store has no time-to-live.</summary>
internal static class CleanupCommand
{
    private const int Batch = 1000;

    public static Command Create(ToolConsole console)
    {
        var store = StoreOptions.OfStore();
        var prefix = StoreOptions.NewPrefix();
        var command = new Command("cleanup", "Destroys the records of expired sessions, in batches.") { prefix };
        store.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            await using var opened = ToolStore.Open(parsed, store, prefix, console);
            if (opened.Store is not IExpiredSessionStore expired)
            {
                await console.Out.WriteLineAsync("This store removes expired sessions by itself. There is nothing to do.")
                    .ConfigureAwait(false);
                return ExitCode.Done;
            }

            long destroyed = 0;
            await console.ProgressAsync("Destroyed records", 0, async report =>
            {
                // A batch may be short although more are left, because somebody else was writing to a row. An empty one is the end.
                while (await expired.DeleteExpiredAsync(Batch, stop).ConfigureAwait(false) is > 0 and var some)
                {
                    destroyed += some;
                    report(destroyed);
                }
            }).ConfigureAwait(false);
            await console.Out.WriteLineAsync(
                destroyed == 1 ? "Destroyed 1 expired record." : $"Destroyed {destroyed} expired records.").ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}
