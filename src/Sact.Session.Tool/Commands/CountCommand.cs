using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary><c>count</c>: how many sessions are live, by state.</summary>
internal static class CountCommand
{
    public static Command Create(ToolConsole console)
    {
        var store = StoreOptions.OfStore();
        var prefix = StoreOptions.NewPrefix();
        var json = JsonOption.Create();
        var command = new Command("count", "Counts the live sessions by state.") { prefix, json };
        store.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            await using var opened = ToolStore.Open(parsed, store, prefix, console);
            var counts = await opened.Queries.CountByStateAsync(stop).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                await SessionOutput.WriteJsonAsync(console.Out, writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("signedIn", counts.SignedIn);
                    writer.WriteNumber("pending", counts.Pending);
                    writer.WriteNumber("anonymous", counts.Anonymous);
                    writer.WriteNumber("total", counts.Total);
                    writer.WriteEndObject();
                }).ConfigureAwait(false);
            }
            else
            {
                await console.Out.WriteLineAsync(
                    $"signed-in {counts.SignedIn}\npending   {counts.Pending}\nanonymous {counts.Anonymous}\ntotal     {counts.Total}")
                    .ConfigureAwait(false);
            }

            return ExitCode.Done;
        });
        return command;
    }
}
