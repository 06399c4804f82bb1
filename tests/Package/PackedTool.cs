using System.Diagnostics;
using System.Text.RegularExpressions;

/// <summary>
/// Installs the packed command line from the packages alone, and works with it on the sessions of the QuickStart sample, which the build of
/// the solution has made.
/// </summary>
internal sealed class PackedTool(string root, string folder)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>Counts one session and ends it.</summary>
    /// <returns>What the commands and the application answered, in one line.</returns>
    public static async Task<string> RunAsync(string root)
    {
        string folder = Directory.CreateTempSubdirectory("sact-packed-tool-").FullName;
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            return await new PackedTool(root, folder).RunAsync(limit.Token);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<string> RunAsync(CancellationToken stop)
    {
        string[] install =
        [
            "tool", "install", "Sact.Session.Tool", "--prerelease", "--tool-path", folder,
            "--configfile", Path.Combine(root, "tests", "Package", "NuGet.config"),
        ];
        await OutputOfAsync("dotnet", install, stop);

        string sample = Path.Combine(root, "samples", "QuickStart", "bin", "Release", "net10.0", "QuickStart.dll");
        string[] start = [sample, "--store", "sqlite", "--connection", Connection, "--urls", "http://127.0.0.1:0"];
        using var application = Process.Start(Information("dotnet", start))!;
        try
        {
            using var client = new HttpClient(new HttpClientHandler { UseCookies = false });
            client.BaseAddress = await AddressOfAsync(application, stop);
            using var login = new StringContent("{\"user\":\"alice\"}", null, "application/json");
            using var signedIn = await client.PostAsync("/login", login, stop);
            client.DefaultRequestHeaders.Add("Cookie", signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);

            string counted = await CommandAsync(["count"], stop);
            using var before = await client.GetAsync("/me", stop);
            string ended = await CommandAsync(["end", "--user", "alice", "--yes"], stop);
            using var after = await client.GetAsync("/me", stop);
            return $"{counted.Split('\n')[0]}, {(int)before.StatusCode}, {ended.Trim()}, {(int)after.StatusCode}";
        }
        finally
        {
            application.Kill(entireProcessTree: true);
            await application.WaitForExitAsync(CancellationToken.None);
        }
    }

    private string Connection => $"Data Source={Path.Combine(folder, "quickstart.db")}";

    private Task<string> CommandAsync(string[] arguments, CancellationToken stop) => OutputOfAsync(
        Path.Combine(folder, "sact-session"), [.. arguments, "--store", "sqlite", "--prefix", "session"], stop);

    private static async Task<Uri> AddressOfAsync(Process application, CancellationToken stop)
    {
        while (await application.StandardOutput.ReadLineAsync(stop) is { } line)
        {
            if (Regex.Match(line, "listens on (http://[0-9.:]+[0-9])") is { Success: true } match)
            {
                return new Uri(match.Groups[1].Value);
            }
        }

        throw new InvalidOperationException("QuickStart has ended: " + await application.StandardError.ReadToEndAsync(stop));
    }

    private async Task<string> OutputOfAsync(string file, string[] arguments, CancellationToken stop)
    {
        using var process = Process.Start(Information(file, arguments))!;
        var error = process.StandardError.ReadToEndAsync(stop);
        string output = await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{file} {arguments[0]} ended with {process.ExitCode}: {output}{await error}");
    }

    private ProcessStartInfo Information(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SACT_SESSION_CONNECTION"] = Connection;

        // The tool looks for the runtime where this program has found it. The cache of the machine may hold an older package.
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath);
        start.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "packages");
        return start;
    }
}
