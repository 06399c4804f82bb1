using System.Diagnostics;
using Sact.Session.Stores.Tests;
using Sact.Session.Tests;

namespace Sact.Session.Scoreboard;

/// <summary>The packages of the peers of Node, installed once by <c>npm ci</c> from the lock file beside them.</summary>
internal static class NodePeers
{
    private static readonly Lazy<Task<string>> s_installed = new(RunAsync);

    /// <summary>The folder of the peers, with their packages.</summary>
    /// <exception cref="InvalidOperationException">Node or npm is not on the machine, or the packages cannot be installed.</exception>
    public static Task<string> InstallAsync() => s_installed.Value;

    private static async Task<string> RunAsync()
    {
        string peers = Path.Combine(Checkout.Root, "tests", "Sact.Session.Scoreboard", "peers");
        foreach (string program in new[] { "node", "npm" })
        {
            if (ServerProcess.FolderOf([], program) is null)
            {
                throw new InvalidOperationException($"{program} is not on this machine: install Node 20 or newer.");
            }
        }

        string stamp = Path.Combine(peers, "node_modules", ".package-lock.json");
        if (File.Exists(stamp) && File.GetLastWriteTimeUtc(stamp) >= File.GetLastWriteTimeUtc(Path.Combine(peers, "package-lock.json")))
        {
            return peers;
        }

        // No script of a package runs: none of the peers needs one.
        var start = new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"])
        {
            WorkingDirectory = peers,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? peers
            : throw new InvalidOperationException($"npm ci failed with {process.ExitCode}: {errors.Trim().Split('\n').First()}");
    }
}
