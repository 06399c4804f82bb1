using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary><c>end</c>: one session, those of a user, those that meet conditions, or all of them.</summary>
internal static class EndCommand
{
    public static Command Create(ToolConsole console)
    {
        var store = StoreOptions.OfStore();
        var prefix = StoreOptions.NewPrefix();
        var query = new QueryOptions();
        var key = new Argument<string?>("key")
        {
            Description = "The session key, as list shows it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var all = new Option<bool>("--all") { Description = "Ends every session of the prefix." };
        var yes = new Option<bool>("--yes") { Description = "Needs no confirmation." };
        var actor = new Option<string?>("--actor")
        {
            Description = "Who ends the sessions, for the log; default the user of the operating system.",
        };
        var command = new Command("end", "Ends sessions: by key, by conditions, or all of them.") { key, prefix, all, yes, actor };
        store.AddTo(command);
        query.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var choice = store.Read(parsed, prefix);
            var wanted = query.Read(parsed);
            string? typed = parsed.GetValue(key);
            bool everything = parsed.GetValue(all);
            if (new[] { typed is not null, everything, !wanted.IsEmpty }.Count(static given => given) != 1)
            {
                throw new ToolUsageException(
                    "Name a session key, or conditions such as --user, or --all. Only one of the three is possible.");
            }

            var one = typed is null ? default : KeyArgument.Read(typed, choice);
            string who = parsed.GetValue(actor) ?? $"sact-session run by {console.UserName}";
            ThrowIfBadActor(who);
            await using var opened = ToolStore.Open(choice, console);
            if (!parsed.GetValue(yes)
                && !await console.ConfirmAsync(await QuestionAsync(opened, one, wanted, everything, stop).ConfigureAwait(false), stop)
                    .ConfigureAwait(false))
            {
                await console.Error.WriteLineAsync("Nothing was ended.").ConfigureAwait(false);
                return ExitCode.Problems;
            }

            long ended = await EndAsync(opened.Administration, one, wanted, everything, who, stop).ConfigureAwait(false);
            await console.Out.WriteLineAsync(ended == 1 ? "Ended 1 session." : $"Ended {ended} sessions.").ConfigureAwait(false);

            // Whoever names a user or a condition expects a session. A wrong prefix must not look like a success.
            return ended == 0 && !everything ? ExitCode.Problems : ExitCode.Done;
        });
        return command;
    }

    private static async Task<string> QuestionAsync(
        ToolStore opened, SessionKey one, SessionQuery query, bool everything, CancellationToken stop)
    {
        if (!one.IsDefault)
        {
            return "This ends one session.";
        }

        if (everything)
        {
            var counts = await opened.Queries.CountByStateAsync(stop).ConfigureAwait(false);
            return $"This ends all {counts.Total} sessions of the prefix, and those that begin until it is done may end too.";
        }

        long found = 0;
        var walk = new SessionWalk(opened.Queries, query with { PageSize = SessionQuery.MaxPageSize });
        await foreach (var page in walk.PagesAsync(stop).ConfigureAwait(false))
        {
            found += page.Sessions.Count;
        }

        string unread = walk.Skipped == 0 ? "" : $" {walk.Skipped} others cannot be read by this version, and live on.";
        return $"This ends the {found} sessions that meet the conditions.{unread}";
    }

    private static async Task<long> EndAsync(
        ISessionAdministration sessions, SessionKey one, SessionQuery query, bool everything, string actor, CancellationToken stop)
    {
        if (!one.IsDefault)
        {
            return await sessions.EndAsync(one, actor, stop).ConfigureAwait(false) ? 1 : 0;
        }

        if (everything)
        {
            return await sessions.EndAllAsync(actor, stop).ConfigureAwait(false);
        }

        return query == new SessionQuery { UserId = query.UserId }
            ? await sessions.EndUserAsync(query.UserId!, actor, stop).ConfigureAwait(false)
            : await sessions.EndMatchingAsync(query, actor, stop).ConfigureAwait(false);
    }

    private static void ThrowIfBadActor(string actor)
    {
        if (actor.Length is 0 or > 256 || actor.Any(char.IsControl))
        {
            throw new ToolUsageException("The option --actor must have 1 to 256 characters, and no control characters.");
        }
    }
}
