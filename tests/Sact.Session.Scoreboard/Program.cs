using Sact.Session.Scoreboard;
using Sact.Session.Tests;

// dotnet run -c Release --project tests/Sact.Session.Scoreboard [-- --repeat 20] [--filter id|family …] [--contender name …] [--write]
string[] known = ["--repeat", "--filter", "--contender", "--write"];
string[] Values(string option) =>
    [.. args.SkipWhile(arg => arg != option).Skip(1).TakeWhile(static arg => !arg.StartsWith("--", StringComparison.Ordinal))];
bool IsNamed(string option, params string[] names) => Values(option) is not { Length: > 0 } values
    || values.Any(value => names.Any(name => name.Contains(value, StringComparison.OrdinalIgnoreCase)));

Case[] cases = [.. AllCases.List.Where(one => IsNamed("--filter", one.Id, one.Family))];
Contender[] contenders = [.. AllContenders.List.Where(contender => IsNamed("--contender", contender.Name))];
int repeats = 1;
if (args.Any(arg => arg.StartsWith("--", StringComparison.Ordinal) && !known.Contains(arg))
    || cases.Length == 0
    || contenders.Length == 0
    || (args.Contains("--repeat") && (Values("--repeat") is not [var number] || !int.TryParse(number, out repeats) || repeats < 1)))
{
    Console.Error.WriteLine("Options: --repeat N, --filter with ids or families, --contender with parts of names, --write.");
    Console.Error.WriteLine("Contenders: " + string.Join(", ", AllContenders.List.Select(static contender => contender.Name)));
    return 2;
}

var results = new List<Result>();
foreach (var contender in contenders)
{
    Console.WriteLine($"== {contender.Name}");
    var result = await Tournament.PlayAsync(contender, cases, repeats, static score =>
        Console.WriteLine($"   {score.Case.Id,-30} {score.Cell.Replace("**", "", StringComparison.Ordinal),-24} {score.Seen}"));
    results.Add(result);
    Console.WriteLine(result.Missing is { } missing
        ? $"   It is left out: {missing}"
        : $"   {result.Version}: {result.Count(Verdict.Holds)} hold, {result.Count(Verdict.Fails)} fail, "
            + $"{result.Count(Verdict.NotApplicable)} do not apply, {result.Count(Verdict.Broken)} could not be played");
}

if (args.Contains("--write"))
{
    string page = Path.Combine(Checkout.Root, ScoreboardPage.Path);
    await File.WriteAllTextAsync(page, ScoreboardPage.Write(results, cases, repeats, DateOnly.FromDateTime(DateTime.UtcNow)));
    Console.WriteLine($"Written: {ScoreboardPage.Path}");
}

bool failed = results.Any(static result => result.Contender.IsSact && result.Scores.Any(
    static score => score.Verdict is Verdict.Fails or Verdict.Broken));
Console.WriteLine(failed ? "Sact fails." : "Sact fails no case.");
return failed ? 1 : 0;
