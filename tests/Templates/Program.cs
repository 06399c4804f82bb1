// Installs the packed templates into a hive of their own, makes a project of each, builds it without a warning, and uses it over HTTP: two
// devices, a change of password that signs out the other one, and a restart. Exits 0 if all of it works.
// The argument is the folder of the packages.
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

string packages = Path.GetFullPath(args[0]);
string folder = Directory.CreateTempSubdirectory("sact-templates-").FullName;
string hive = Path.Combine(folder, "hive");
try
{
    string package = Directory.EnumerateFiles(packages, "Sact.Session.Templates.*.nupkg").Single();
    Dotnet(folder, "new", "install", package, "--debug:custom-hive", hive);

    // The packages of this commit come from the folder, those that they depend on from wherever the machine takes packages.
    // A cache of its own: the machine's may hold older packages of the same version.
    File.WriteAllText(Path.Combine(folder, "NuGet.config"), $"""
        <configuration>
          <config><add key="globalPackagesFolder" value="{Path.Combine(folder, "cache")}" /></config>
          <packageSources><add key="packed" value="{packages}" /></packageSources>
        </configuration>
        """);
    await TryWebAsync(Make("sact-web", "My.Shop"));
    await TryApiAsync(Make("sact-api", "Shop.Api"));
    Console.WriteLine("Both templates make a project that builds, signs in, and signs out other devices.");
    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

string Make(string template, string name)
{
    string project = Path.Combine(folder, name);
    string said = Dotnet(folder, "new", template, "-o", project, "-n", name, "--debug:custom-hive", hive);
    Check(File.Exists(Path.Combine(project, $"{name}.csproj")), $"{template} makes {name}.csproj");
    Check(said.Contains("Call dotnet run in the new folder", StringComparison.Ordinal), $"{template} says what to do next");
    CheckThatItStartsWithoutACertificate(project);
    Dotnet(project, "build", "-warnaserror", "-v", "quiet", "-nologo");
    return project;
}

static void CheckThatItStartsWithoutACertificate(string project)
{
    using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(project, "Properties", "launchSettings.json")));
    var first = settings.RootElement.GetProperty("profiles").EnumerateObject().First().Value;
    string address = first.GetProperty("applicationUrl").GetString()!;
    Check(Regex.IsMatch(address, "^http://localhost:[0-9]+$"), "the first profile needs no certificate");
    string guide = Path.Combine(project, "README.md");
    Check(!File.Exists(guide) || File.ReadAllText(guide).Contains($"{address}/me", StringComparison.Ordinal), "the guide has its address");
}

static async Task TryWebAsync(string project)
{
    string kept;
    await using (var site = await Site.StartAsync(project))
    {
        var laptop = site.Browser();
        var phone = site.Browser();
        Check(await laptop.LocationAsync("/Devices") == "/SignIn?ReturnUrl=%2FDevices", "a visitor is sent to sign in");
        await laptop.PostAsync("/Register", new() { ["Name"] = "alice", ["Password"] = "correct horse" }, "/Devices");
        await phone.PostAsync("/SignIn", new() { ["Name"] = "alice", ["Password"] = "wrong" }, null);
        await phone.PostAsync("/SignIn", new() { ["Name"] = "Alice", ["Password"] = "correct horse" }, "/Devices");
        Check(Regex.Count(await laptop.GetAsync("/Devices"), "<form[^>]*handler=End\"") == 1, "the other device is listed");
        kept = laptop.Cookie;
        await laptop.PostAsync("/Password", new() { ["Current"] = "wrong", ["Chosen"] = "battery staple" }, null);
        Check((await phone.GetAsync("/")).Contains("Hello alice!", StringComparison.Ordinal), "a wrong password signs nobody out");
        await laptop.PostAsync("/Password", new() { ["Current"] = "correct horse", ["Chosen"] = "battery staple" }, "/Devices");
        Check(laptop.Cookie != kept, "the change of password renews the id");
        Check(await phone.LocationAsync("/Devices") is "/SignIn?ReturnUrl=%2FDevices", "the other device is signed out");
        await phone.PostAsync("/SignIn", new() { ["Name"] = "alice", ["Password"] = "correct horse" }, null);
        await phone.PostAsync("/SignIn", new() { ["Name"] = "alice", ["Password"] = "battery staple" }, "/Devices");
        await laptop.PostAsync("/Devices?handler=EndOthers", [], "/Devices", form: "/Devices");
        Check(await phone.LocationAsync("/Devices") is not null, "all other devices can be signed out");
        kept = laptop.Cookie;
    }

    await using (var site = await Site.StartAsync(project))
    {
        var laptop = site.Browser(kept);
        Check((await laptop.GetAsync("/")).Contains("Hello alice!", StringComparison.Ordinal), "the session survives a restart");
        await laptop.PostAsync("/SignOut", [], "/", form: "/");
        Check((await site.Browser(kept).GetAsync("/")).Contains("Hello visitor!", StringComparison.Ordinal), "the user can sign out");
    }
}

static async Task TryApiAsync(string project)
{
    await using var site = await Site.StartAsync(project);
    var laptop = site.Browser();
    var phone = site.Browser();
    Check(await laptop.StatusAsync("GET", "/me") == 401, "a visitor is nobody");
    Check(await laptop.StatusAsync("POST", "/register", new { name = "alice", password = "short" }) == 400, "a short password is refused");
    Check(await laptop.StatusAsync("POST", "/register", new { name = "alice", password = "correct horse" }) == 204, "a user registers");
    Check(await phone.StatusAsync("POST", "/register", new { name = "ALICE", password = "correct horse" }) == 409, "a name is taken once");
    Check(await phone.StatusAsync("POST", "/login", new { name = "alice", password = "wrong password" }) == 401, "a wrong password");
    Check(await phone.StatusAsync("POST", "/login", new { name = "alice", password = "correct horse" }) == 204, "the phone signs in");
    Check((await phone.GetAsync("/me")).Contains("\"name\":\"alice\"", StringComparison.Ordinal), "the user is known");
    Check(Regex.Count(await laptop.GetAsync("/sessions"), "\"key\":") == 2, "both devices are listed");
    var wrong = new { current = "wrong password", chosen = "battery staple" };
    Check(await laptop.StatusAsync("POST", "/password", wrong) == 400, "the old password is checked");
    var right = new { current = "correct horse", chosen = "battery staple" };
    Check(await laptop.StatusAsync("POST", "/password", right) == 204, "the password is changed");
    Check(await phone.StatusAsync("GET", "/me") == 401, "the other device is signed out");
    Check(await laptop.StatusAsync("GET", "/me") == 200, "this one is not");
    Check(await laptop.StatusAsync("POST", "/logout") == 204, "the user signs out");
    Check(await laptop.StatusAsync("GET", "/me") == 401, "the user is signed out");
}

static void Check(bool holds, string what)
{
    if (!holds)
    {
        throw new InvalidOperationException($"Not so: {what}.");
    }
}

static string Dotnet(string folder, params string[] arguments)
{
    using var process = Process.Start(new ProcessStartInfo("dotnet", arguments)
    {
        WorkingDirectory = folder,
        RedirectStandardOutput = true,
    })!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    Check(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} succeeds:\n{output}");
    return output;
}

/// <summary>A project of a template as a process on a random loopback port.</summary>
internal sealed class Site(Process process, Uri address) : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    public static async Task<Site> StartAsync(string project)
    {
        string program = Directory.EnumerateFiles(Path.Combine(project, "bin"), "*.runtimeconfig.json", SearchOption.AllDirectories)
            .Single().Replace(".runtimeconfig.json", ".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo("dotnet", [program, "--urls", "http://127.0.0.1:0"])
        {
            WorkingDirectory = project,
            RedirectStandardOutput = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information";
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            int found = line.IndexOf(Listening, StringComparison.Ordinal);
            if (found >= 0)
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return new Site(process, new Uri(line[(found + Listening.Length)..]));
            }
        }

        throw new InvalidOperationException($"{program} does not start.");
    }

    public Browser Browser(string cookie = "") => new(address, cookie);

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}

/// <summary>Keeps cookies, Secure ones too, and sends the forms of pages.</summary>
internal sealed class Browser(Uri address, string session)
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        BaseAddress = address,
    };

    private readonly Dictionary<string, string> _cookies = session.Length == 0 ? [] : new() { ["__Host-sid"] = session };

    /// <summary>The session id.</summary>
    public string Cookie => _cookies["__Host-sid"];

    public async Task<string> GetAsync(string path)
    {
        using var response = await SendAsync("GET", path, null);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>The path and query to which a request is redirected; null if it is not.</summary>
    public async Task<string?> LocationAsync(string path)
    {
        using var response = await SendAsync("GET", path, null);
        return response.Headers.Location is { } location ? new Uri(address, location).PathAndQuery : null;
    }

    public async Task<int> StatusAsync(string method, string path, object? json = null)
    {
        using var response = await SendAsync(method, path, json is null ? null : JsonContent.Create(json));
        return (int)response.StatusCode;
    }

    /// <summary>Sends the form of a page.</summary>
    /// <param name="path">Where the form is sent.</param>
    /// <param name="fields">What is typed.</param>
    /// <param name="redirect">Where the answer leads; null for the page with an error.</param>
    /// <param name="form">The page with the form; null for the same path.</param>
    public async Task PostAsync(string path, Dictionary<string, string> fields, string? redirect, string? form = null)
    {
        fields["__RequestVerificationToken"] = Regex.Match(
            await GetAsync(form ?? path), "name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"").Groups[1].Value;
        using var response = await SendAsync("POST", path, new FormUrlEncodedContent(fields));
        if (response.StatusCode != (redirect is null ? HttpStatusCode.OK : HttpStatusCode.Redirect)
            || (redirect is not null && response.Headers.Location?.OriginalString != redirect))
        {
            throw new InvalidOperationException($"POST {path} answers {response.StatusCode} {response.Headers.Location}.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        var response = await _client.SendAsync(request);
        foreach (string line in response.Headers.TryGetValues("Set-Cookie", out var lines) ? lines : [])
        {
            string[] pair = line.Split(';')[0].Split('=', 2);
            if (pair[1].Length == 0)
            {
                _cookies.Remove(pair[0]);
            }
            else
            {
                _cookies[pair[0]] = pair[1];
            }
        }

        return response;
    }
}
