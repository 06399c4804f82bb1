using System.Globalization;
using System.Text;

namespace Sact.Session.Scoreboard;

/// <summary>The page <c>docs/reference/scoreboard.md</c>, written from the results of a run.</summary>
internal static class ScoreboardPage
{
    public const string Path = "docs/reference/scoreboard.md";
    public const string Command = "dotnet run -c Release --project tests/Sact.Session.Scoreboard -- --repeat 20 --write";

    public static string Write(IReadOnlyList<Result> results, IReadOnlyList<Case> cases, int repeats, DateOnly date)
    {
        Result[] ran = [.. results.Where(static result => result.Missing is null)];
        Result[] sact = [.. ran.Where(static result => result.Contender.IsSact)];
        Result[] peers = [.. ran.Where(static result => !result.Contender.IsSact)];
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $$"""
            # Scoreboard: published bugs, replayed

            This page is generated. One command replays {{cases.Count}} published session bugs on this library over each of its stores,
            and on peers that NuGet and npm serve:

            ```
            {{Command}}
            ```

            It needs the .NET 10 SDK. With Node 20 or newer and npm it runs the peers of Node. With redis-server and PostgreSQL it runs
            the stores that need them. What is missing is reported and left out. `--filter` takes ids or families of cases,
            `--contender` takes parts of names, and `--repeat` how often a case is played. The exit code is 1 if this library fails a case.

            This run: {{date:yyyy-MM-dd}}, .NET {{Environment.Version}}. Each failure was played {{repeats}} times,
            and each case that holds {{Math.Min(repeats, Tournament.PlaysThatHold)}} times.

            ## How to read it

            - Every contender is the same small application behind Kestrel or Node. The scoreboard is a browser: it speaks HTTP only.
            - A race is forced by a gate that holds a request between its read and its write. It is no matter of luck.
            - *Fails 20/20* means that the bug was seen in 20 of 20 plays. *Fails by default* means that an option changes it.
            - A dash means that the case does not apply: the contender lacks the feature. The reasons are below.
            - Peers are configured as their documentation recommends. [Configurations](#configurations) has each, with its source.
            - A case is here because a bug was published, and not because this library passes it. Most peers never promised to pass all.

            ## Where this library is worse, or costs more

            - Every request that uses the session reads the store once. `cookie-session`, `iron-session` and `AddCookie()` need no store.
            - After a renewal the replaced id works for 30 seconds more, so that a lost answer signs nobody out. Others end it at once.
            - A thief who once had the cookie can end its session later: a replaced id that is sent again ends it (replay detection).
            - Two plain writes of one field: the last one wins. `lost-increment` holds by `ModifyAsync`, which a caller must choose.
            - Metadata is readable in a dump of the store unless `SealMetadata` is on. The sealed cookies of `iron-session` never are.
            - An ended session leaves a marker without data in the store for ten minutes.
            - The scoreboard is written by the authors of this library. Corrections of a peer's configuration are welcome.


            """);
        WriteSums(page, "This library", sact);
        WriteSums(page, "Peers", peers);
        page.Append("## Cases\n\n| case | what must not happen | published |\n|---|---|---|\n");
        foreach (var one in cases)
        {
            string references = string.Join(", ", one.References.Select(static reference => $"[{reference.Name}]({reference.Address})"));
            page.Append(CultureInfo.InvariantCulture, $"| `{one.Id}` | {one.Title} | {references} |\n");
        }

        foreach (string family in cases.Select(static one => one.Family).Distinct())
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {family}\n\n");
            Case[] ofFamily = [.. cases.Where(one => one.Family == family)];
            foreach (var one in ofFamily)
            {
                page.Append(CultureInfo.InvariantCulture, $"- `{one.Id}`: {one.Steps}\n");
            }

            WriteTable(page, ofFamily, ran);
        }

        WriteReasons(page, peers);
        page.Append("## Configurations\n\n| contender | version | configuration |\n|---|---|---|\n");
        foreach (var result in ran)
        {
            page.Append(
                CultureInfo.InvariantCulture, $"| {result.Contender.Name} | {result.Version} | {result.Contender.Configuration} |\n");
        }

        foreach (var missing in results.Where(static result => result.Missing is not null))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n{missing.Contender.Name} did not run: {missing.Missing}\n");
        }

        return page.ToString();
    }

    private static void WriteSums(StringBuilder page, string title, Result[] results)
    {
        page.Append(CultureInfo.InvariantCulture, $"## {title}\n\n| contender | holds | fails | fails by default | does not apply |\n");
        page.Append("|---|---|---|---|---|\n");
        foreach (var result in results)
        {
            int defaults = result.Scores.Count(static score => score.Verdict == Verdict.Fails && score.Case.IsAboutDefaults);
            page.Append(
                CultureInfo.InvariantCulture,
                $"| {result.Contender.Name} | {result.Count(Verdict.Holds)} | {result.Count(Verdict.Fails) - defaults} | {defaults} "
                    + $"| {result.Count(Verdict.NotApplicable)} |\n");
        }

        page.Append('\n');
    }

    /// <summary>Contenders are the rows, because there are more of them than a page is wide.</summary>
    private static void WriteTable(StringBuilder page, Case[] cases, Result[] results)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n| | {string.Join(" | ", cases.Select(static one => $"`{one.Id}`"))} |\n");
        page.Append(CultureInfo.InvariantCulture, $"|---|{string.Concat(Enumerable.Repeat("---|", cases.Length))}\n");
        foreach (var result in results)
        {
            var cells = cases.Select(one => result.Scores.First(score => score.Case.Id == one.Id).Cell);
            page.Append(CultureInfo.InvariantCulture, $"| {result.Contender.Name} | {string.Join(" | ", cells)} |\n");
        }
    }

    private static void WriteReasons(StringBuilder page, Result[] peers)
    {
        page.Append("\n## What was seen\n\n| contender | case | seen |\n|---|---|---|\n");
        foreach (var result in peers)
        {
            foreach (var score in result.Scores.Where(static score => score.Verdict is Verdict.Fails or Verdict.Broken))
            {
                page.Append(CultureInfo.InvariantCulture, $"| {result.Contender.Name} | `{score.Case.Id}` | {Plain(score.Seen)} |\n");
            }
        }

        page.Append("\n## Why a case does not apply\n\n| contender | cases | reason |\n|---|---|---|\n");
        foreach (var result in peers)
        {
            foreach (var group in result.Scores.Where(static score => score.Verdict == Verdict.NotApplicable).GroupBy(
                static score => score.Seen))
            {
                string ids = string.Join(", ", group.Select(static score => $"`{score.Case.Id}`"));
                page.Append(CultureInfo.InvariantCulture, $"| {result.Contender.Name} | {ids} | {Plain(group.Key)} |\n");
            }
        }

        page.Append('\n');
    }

    private static string Plain(string seen) => seen.Replace('|', '/').Replace('\n', ' ');
}
