namespace Sact.Session.Scoreboard;

/// <summary>Where a bug was published.</summary>
internal sealed record Reference(string Name, Uri Address)
{
    public static Reference Cve(string id) => new(id, new Uri("https://nvd.nist.gov/vuln/detail/" + id));

    /// <summary>An issue or a pull request: <c>expressjs/session#632</c>.</summary>
    public static Reference GitHub(string repository, int number) =>
        new($"{repository}#{number}", new Uri($"https://github.com/{repository}/issues/{number}"));

    /// <summary>A test of the OWASP guide for testers.</summary>
    public static Reference Wstg(string id, string path) => new(
        id,
        new Uri("https://owasp.org/www-project-web-security-testing-guide/v42/4-Web_Application_Security_Testing/" + path));

    public static Reference Page(string name, string address) => new(name, new Uri(address));
}
