using System.Globalization;
using System.Text.RegularExpressions;

namespace Sact.Session.Docs.Tests;

/// <summary>A request that a page tries, such as <c>phone: POST /login {"name":"alice"} =&gt; 204</c>.</summary>
/// <param name="Client">Whose cookies it has.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">Path and query. <c>{1}</c> is the first group that <c>Keep</c> of an earlier request found.</param>
/// <param name="Headers">Headers, each written as <c>+Name=value</c>.</param>
/// <param name="Body">JSON, or a form; empty for none.</param>
/// <param name="Status">The expected status.</param>
/// <param name="Answer">What the body, or else a header, must contain; empty for anything.</param>
internal sealed partial record TriedRequest(
    string Client, string Method, string Path, IReadOnlyList<(string Name, string Value)> Headers, string Body, int Status, string Answer)
{
    public static TriedRequest Parse(string line)
    {
        var match = Form().Match(line);
        if (!match.Success)
        {
            throw new FormatException($"A line of 'try' reads 'client: METHOD /path +Header=value body => status answer', not '{line}'.");
        }

        return new TriedRequest(
            match.Groups["client"].Value,
            match.Groups["method"].Value,
            match.Groups["path"].Value,
            [.. match.Groups["header"].Captures.Select(header => header.Value.Split('=', 2)).Select(pair => (pair[0], pair[1]))],
            match.Groups["body"].Value.Trim(),
            int.Parse(match.Groups["status"].Value, CultureInfo.InvariantCulture),
            match.Groups["answer"].Value.Trim());
    }

    [GeneratedRegex(
        @"^(?:(?<client>\w+): )?(?<method>GET|POST|PUT|PATCH|DELETE) (?<path>/\S*)(?: \+(?<header>[\w-]+=\S+))*"
        + @"(?<body> .*?)? => (?<status>\d{3})(?<answer> .+)?$")]
    private static partial Regex Form();
}
