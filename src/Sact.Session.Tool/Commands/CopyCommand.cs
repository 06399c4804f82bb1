using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary><c>copy</c>: all sessions of one store to another, while applications use both.</summary>
internal static class CopyCommand
{
    private const string Question =
        "Every node of the application must use both stores (MigratingStore) or be stopped. "
        + "A node that knows only one of them loses updates, and its sign-outs do not reach the other store.";

    public static Command Create(ToolConsole console)
    {
        var store = StoreOptions.OfStore();
        var target = StoreOptions.OfTarget();
        var prefix = StoreOptions.NewPrefix();
        var move = new Option<bool>("--move") { Description = "Ends each session at the source after the target has it." };
        var yes = new Option<bool>("--yes") { Description = "Needs no confirmation." };
        var command = new Command(
            "copy",
            "Copies all sessions to another store with the same prefix. It never overwrites, and a stopped copy can be started again. "
            + $"The connection string of the target comes from {ToolConsole.TargetVariable}.") { prefix, move, yes };
        store.AddTo(command);
        target.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var from = store.Read(parsed, prefix);
            var to = target.Read(parsed, prefix);
            await using var source = ToolStore.Open(from, console);
            await using var destination = ToolStore.Open(to, console);
            var copy = new StoreCopy(source.Store, destination.Store, parsed.GetValue(move));
            await copy.ThrowIfSameAsync(stop).ConfigureAwait(false);
            long total = (await source.Queries.CountByStateAsync(stop).ConfigureAwait(false)).Total;
            if (!parsed.GetValue(yes) && !await console.ConfirmAsync($"{Question} {total} sessions are to be copied.", stop)
                .ConfigureAwait(false))
            {
                await console.Error.WriteLineAsync("Nothing was copied.").ConfigureAwait(false);
                return ExitCode.Problems;
            }

            await console.ProgressAsync("Copied sessions", total, report => copy.RunAsync(report, stop)).ConfigureAwait(false);
            await console.Out.WriteLineAsync(
                $"copied              {copy.Copied}\nat target before    {copy.Known}\nended meanwhile     {copy.Gone}")
                .ConfigureAwait(false);
            return await OutcomeAsync(console, copy).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> OutcomeAsync(ToolConsole console, StoreCopy copy)
    {
        int code = await Outcome.OfSkippedAsync(console, copy.Skipped).ConfigureAwait(false);
        foreach (string refusal in copy.Refusals)
        {
            await console.Error.WriteLineAsync(refusal).ConfigureAwait(false);
        }

        if (copy.Refused > 0)
        {
            await console.Error.WriteLineAsync($"{copy.Refused} sessions were left out and live on at the source.").ConfigureAwait(false);
            return ExitCode.Problems;
        }

        if (copy.Copied + copy.Known + copy.Gone + copy.Skipped == 0)
        {
            await console.Error.WriteLineAsync(
                "The source has no session of this prefix. After a copy with --move that is the aim. Otherwise check --prefix.")
                .ConfigureAwait(false);
            return ExitCode.Problems;
        }

        return code;
    }
}
