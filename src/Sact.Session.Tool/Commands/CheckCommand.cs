using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary><c>check</c>: whether the store serves sessions, and whether its index and its records agree.</summary>
internal static class CheckCommand
{
    public static Command Create(ToolConsole console)
    {
        var store = StoreOptions.OfStore();
        var prefix = StoreOptions.NewPrefix();
        var json = JsonOption.Create();
        var skipIndex = new Option<bool>("--skip-index") { Description = "Does not compare the index with the records, which reads all." };
        var command = new Command("check", "Checks that the store serves sessions, and that each one is listed for its user.")
        {
            prefix, json, skipIndex,
        };
        store.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            await using var opened = ToolStore.Open(parsed, store, prefix, console);
            var findings = await StoreCheck.RunAsync(opened.Store, console.Clock, stop).ConfigureAwait(false);
            if (!parsed.GetValue(skipIndex))
            {
                var index = new IndexCheck(opened.Store, console.Clock);
                await index.RunAsync(findings, console, stop).ConfigureAwait(false);
            }

            await (parsed.GetValue(json) ? WriteJsonAsync(console, findings) : WriteAsync(console, findings)).ConfigureAwait(false);
            return findings.Problems.Count == 0 ? ExitCode.Done : ExitCode.Problems;
        });
        return command;
    }

    private static Task WriteJsonAsync(ToolConsole console, CheckFindings findings) =>
        SessionOutput.WriteJsonAsync(console.Out, writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("ok", findings.Problems.Count == 0);
            writer.WriteStartArray("problems");
            findings.Problems.ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
            writer.WriteStartObject("figures");
            foreach (var (name, figure) in findings.Figures)
            {
                writer.WriteString(name, figure);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });

    private static async Task WriteAsync(ToolConsole console, CheckFindings findings)
    {
        foreach (var (name, figure) in findings.Figures)
        {
            await console.Out.WriteLineAsync($"{name,-28} {Printable.Of(figure)}").ConfigureAwait(false);
        }

        foreach (string problem in findings.Problems)
        {
            await console.Out.WriteLineAsync($"problem: {Printable.Of(problem)}").ConfigureAwait(false);
        }

        await console.Out.WriteLineAsync(findings.Problems.Count switch
        {
            0 => "The store is healthy.",
            1 => "1 problem was found.",
            int many => $"{many} problems were found.",
        }).ConfigureAwait(false);
    }
}
