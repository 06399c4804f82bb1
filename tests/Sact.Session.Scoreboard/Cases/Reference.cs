namespace Sact.Session.Scoreboard;

/// <summary>Where a bug was published.</summary>
internal sealed record Reference(string Name, Uri Address)
{
    public static Reference Cve(string id) => new(id, new Uri("https://nvd.nist.gov/vuln/detail/" + id));

    /// <summary>An issue or a pull request: <c>expressjs/session#632</c>.</summary>
    public static Reference GitHub(string repository, int number) =>
        new($"{repository}#{number}", new Uri($"https://github.com/{repository}/issues/{number}"));

    public static Reference Page(string name, string address) => new(name, new Uri(address));
}
