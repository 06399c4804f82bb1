using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// How the tests start a server of their own: on a free loopback port, in a folder that goes with it, and not as root, which these servers
/// refuse.
/// </summary>
internal static class ServerProcess
{
    /// <summary>How long the tests wait until they look again at what another process does. A spinning test would slow it down.</summary>
    public static TimeSpan PollInterval => TimeSpan.FromMilliseconds(20);

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>The first of these folders, or of those on the path, that has all of these programs; null if none has.</summary>
    public static string? FolderOf(IEnumerable<string> folders, params string[] programs)
    {
        // A link may outlive what it leads to.
        static bool IsThere(string file) =>
            File.Exists(file) && (File.ResolveLinkTarget(file, returnFinalTarget: true) is not { } target || target.Exists);
        return folders
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(folder => programs.All(name => IsThere(Path.Combine(folder, name))));
    }

    /// <summary>Skips the test where a server is not on the machine; in CI that is a failure.</summary>
    public static InvalidOperationException Missing(string what)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", what);
        return new InvalidOperationException(what);
    }

    /// <summary>Gives a folder to the user that <see cref="Begin"/> runs programs as.</summary>
    public static async Task GiveAwayAsync(string folder)
    {
        if (Environment.IsPrivilegedProcess)
        {
            using var owner = Process.Start("chown", ["-R", "nobody:nogroup", folder])!;
            await owner.WaitForExitAsync();
        }
    }

    /// <summary>Starts a program in a folder; what it prints is read away.</summary>
    public static Process Begin(string folder, string program, params string[] arguments)
    {
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        start.WorkingDirectory = folder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Waits until a server that was started can be talked to.</summary>
    public static async Task WaitAsync<TFault>(Process process, string name, Func<Task> talk)
        where TFault : Exception
    {
        for (var since = Stopwatch.StartNew(); ;)
        {
            try
            {
                await talk();
                return;
            }
            catch (TFault fault)
            {
                if (process.HasExited || since.Elapsed > TimeSpan.FromSeconds(60))
                {
                    throw new InvalidOperationException(
                        $"{name} did not start within a minute, or ended ({(process.HasExited ? process.ExitCode : "runs")}).", fault);
                }
            }

            await Task.Delay(PollInterval);
        }
    }
}
