using System.Diagnostics;

namespace Sact.Session.Scoreboard;

/// <summary>A library of Node, in a separate process.</summary>
internal sealed class NodeContender(string name, string folder, string configuration, params (string Name, string Value)[] environment)
    : Contender
{
    public override string Name => name;

    public override string Configuration => configuration;

    public override Task<Application> StartAsync(bool withFaults) => StartAsync(environment);

    public async Task<Application> StartAsync((string Name, string Value)[] variables)
    {
        string peers = await NodePeers.InstallAsync();
        var start = new ProcessStartInfo("node", [Path.Combine(peers, folder, "server.mjs")])
        {
            WorkingDirectory = peers,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NODE_ENV"] = "production";
        foreach (var (variable, value) in variables)
        {
            start.Environment[variable] = value;
        }

        var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync();
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                const string Listening = "listening on ";
                if (line.StartsWith(Listening, StringComparison.Ordinal))
                {
                    _ = process.StandardOutput.ReadToEndAsync();
                    var address = new Uri("http://127.0.0.1:" + line[Listening.Length..]);
                    var (cookie, version) = await Application.AboutAsync(address);
                    return new Application(address, cookie, version, () => StopAsync(process));
                }
            }

            throw new InvalidOperationException($"{name} did not start: {(await errors).Trim().Split('\n').Last()}");
        }
        catch
        {
            await StopAsync(process);
            throw;
        }
    }

    private static async ValueTask StopAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }
}
