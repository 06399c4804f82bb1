using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary><c>show</c>: what is known of one session.</summary>
internal static class ShowCommand
{
    public static Command Create(ToolConsole console)
    {
        var store = StoreOptions.OfStore();
        var prefix = StoreOptions.NewPrefix();
        var json = JsonOption.Create();
        var key = new Argument<string>("key") { Description = "The session key, as list shows it." };
        var command = new Command("show", "Shows one session, or why it ended.") { key, prefix, json };
        store.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var choice = store.Read(parsed, prefix);
            var session = KeyArgument.Read(parsed.GetValue(key), choice);
            await using var opened = ToolStore.Open(choice, console);
            if (await opened.Administration.GetAsync(session, stop).ConfigureAwait(false) is not { } details)
            {
                await console.Error.WriteLineAsync(
                    "Nothing is known of this session. It never was, or it ended more than ten minutes ago.").ConfigureAwait(false);
                return ExitCode.Problems;
            }

            await (parsed.GetValue(json) ? WriteJsonAsync(console, details) : WriteAsync(console, details)).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static Task WriteJsonAsync(ToolConsole console, AdministeredSessionDetails details) =>
        SessionOutput.WriteJsonAsync(console.Out, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("key", details.Key.ToString());
            if (details.Session is { } session)
            {
                writer.WritePropertyName("session");
                SessionOutput.Write(writer, session);
            }
            else
            {
                writer.WriteNull("session");
            }

            writer.WriteString("endReason", details.EndReason?.ToString());
            SessionOutput.Write(writer, "endedAt", details.EndedAt);
            writer.WriteStartArray("timeline");
            foreach (var entry in details.Timeline)
            {
                writer.WriteStartObject();
                writer.WriteString("time", entry.Time);
                writer.WriteString("what", entry.What.ToString());
                writer.WriteString("detail", entry.Detail);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });

    private static async Task WriteAsync(ToolConsole console, AdministeredSessionDetails details)
    {
        var lines = new List<(string Name, string? Value)> { ("key", details.Key.ToString()) };
        if (details.Session is { } session)
        {
            lines.Add(("user", session.UserId));
            lines.Add(("state", SessionOutput.NameOf(session.State)));
            lines.Add(("assurance level", $"{session.AssuranceLevel}"));
            lines.Add(("created", SessionOutput.Time(session.CreatedAt)));
            lines.Add(("authenticated", session.AuthenticatedAt is { } at ? SessionOutput.Time(at) : null));
            lines.Add(("last seen", SessionOutput.Time(session.LastSeenAt)));
            lines.Add(("expires", SessionOutput.Time(session.ExpiresAt)));
            lines.Add(("address", session.LastSeenClient?.RemoteAddress ?? session.SignInClient?.RemoteAddress));
            lines.Add(("user agent", session.LastSeenClient?.UserAgent ?? session.SignInClient?.UserAgent));
        }

        lines.Add(("ended", details.EndReason is { } reason ? $"{reason} at {SessionOutput.Time(details.EndedAt!.Value)}" : null));
        lines.AddRange(details.Timeline.Select(entry =>
            (SessionOutput.Time(entry.Time), (string?)$"{entry.What} {entry.Detail}".TrimEnd())));
        foreach (var (name, value) in lines.Where(static line => line.Value is not null))
        {
            await console.Out.WriteLineAsync($"{name,-20}  {Printable.Of(value)}").ConfigureAwait(false);
        }
    }
}
