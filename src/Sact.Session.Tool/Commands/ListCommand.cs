using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary><c>list</c>: the live sessions that meet conditions, page by page.</summary>
internal static class ListCommand
{
    private const int MaxLimit = 100_000;

    public static Command Create(ToolConsole console)
    {
        var store = StoreOptions.OfStore();
        var prefix = StoreOptions.NewPrefix();
        var query = new QueryOptions();
        var json = JsonOption.Create();
        var limit = new Option<int>("--limit")
        {
            Description = $"The most sessions, 1 to {MaxLimit}; default 50.",
            DefaultValueFactory = _ => 50,
        };
        var after = new Option<string?>("--after") { Description = "The cursor that the list before ended with." };
        var command = new Command("list", "Lists live sessions, with their users and devices.") { prefix, json, limit, after };
        store.AddTo(command);
        query.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            int most = parsed.GetValue(limit);
            if (most is < 1 or > MaxLimit)
            {
                throw new ToolUsageException($"The option --limit must be from 1 to {MaxLimit}.");
            }

            var wanted = query.Read(parsed) with { After = parsed.GetValue(after) };
            await using var opened = ToolStore.Open(parsed, store, prefix, console);
            return await RunAsync(opened.Queries, wanted, most, parsed.GetValue(json), console, stop).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        ISessionQueryStore store, SessionQuery query, int most, bool json, ToolConsole console, CancellationToken stop)
    {
        var found = new List<AdministeredSession>();
        int skipped = 0;
        string? next = query.After;
        do
        {
            // A page never has more than what is left, so that its cursor continues exactly behind the last line.
            var part = query with { PageSize = Math.Min(SessionQuery.MaxPageSize, most - found.Count), After = next };
            var page = await SessionWalk.PageAsync(store, part, stop).ConfigureAwait(false);
            found.AddRange(page.Sessions.Select(static record => new AdministeredSession(record)));
            skipped += page.Skipped;
            next = page.Next;
        }
        while (next is not null && found.Count < most);

        if (json)
        {
            await SessionOutput.WriteJsonAsync(console.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartArray("sessions");
                found.ForEach(session => SessionOutput.Write(writer, session));
                writer.WriteEndArray();
                writer.WriteString("next", next);
                writer.WriteNumber("skipped", skipped);
                writer.WriteEndObject();
            }).ConfigureAwait(false);
        }
        else
        {
            foreach (var session in found)
            {
                await console.Out.WriteLineAsync(SessionOutput.Line(session)).ConfigureAwait(false);
            }

            if (next is not null)
            {
                await console.Error.WriteLineAsync($"There may be more. Continue with --after {next}").ConfigureAwait(false);
            }
        }

        return await Outcome.OfSkippedAsync(console, skipped).ConfigureAwait(false);
    }
}
