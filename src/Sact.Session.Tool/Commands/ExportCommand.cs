using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary><c>export</c>: one line of JSON for each live session.</summary>
internal static class ExportCommand
{
    public static Command Create(ToolConsole console)
    {
        var store = StoreOptions.OfStore();
        var prefix = StoreOptions.NewPrefix();
        var query = new QueryOptions();
        var metadata = new Option<bool>("--metadata")
        {
            Description = "Adds the metadata of the application that is not sealed. It may hold personal data.",
        };
        var command = new Command("export", "Writes live sessions as JSON lines, without hashes and secrets.") { prefix, metadata };
        store.AddTo(command);
        query.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            bool withMetadata = parsed.GetValue(metadata);
            var wanted = query.Read(parsed) with { PageSize = SessionQuery.MaxPageSize };
            await using var opened = ToolStore.Open(parsed, store, prefix, console);
            var walk = new SessionWalk(opened.Queries, wanted);

            // A walk over keys in no order may meet a session twice.
            var written = new HashSet<SessionKey>();
            await foreach (var page in walk.PagesAsync(stop).ConfigureAwait(false))
            {
                foreach (var record in page.Sessions.Where(record => written.Add(record.Key)))
                {
                    await SessionOutput.WriteJsonAsync(
                        console.Out,
                        writer => SessionOutput.Write(writer, new AdministeredSession(record), withMetadata ? record.Fields : null),
                        indented: false).ConfigureAwait(false);
                }
            }

            return await Outcome.OfSkippedAsync(console, walk.Skipped).ConfigureAwait(false);
        });
        return command;
    }
}
