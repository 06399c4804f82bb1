using System.Diagnostics;
using System.Reflection;

namespace Sact.Session.Samples.Tests;

/// <summary>A sample as a process of its own, ended with its tests. What it keeps lies in a folder that goes with it.</summary>
public sealed class RunningSample : IAsyncDisposable
{
    private readonly Process _process;

    private RunningSample(Process process, Uri address, string folder)
    {
        _process = process;
        Address = address;
        Folder = folder;
    }

    public Uri Address { get; }

    public string Folder { get; }

    /// <summary>The program of a sample. The project of the tests has its path.</summary>
    public static string ProgramOf(string sample) => typeof(RunningSample).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == sample).Value!;

    /// <summary>Starts it on a random loopback port and reads the address off the line it prints.</summary>
    /// <param name="name">What it calls itself.</param>
    /// <param name="program">How it is started, given its folder.</param>
    /// <param name="announcement">The words before the address; null for "{name} listens on ".</param>
    public static async Task<RunningSample> StartAsync(
        string name, Func<string, ProcessStartInfo> program, string? announcement = null)
    {
        string folder = Directory.CreateTempSubdirectory($"sact-{name}-").FullName;
        var start = program(folder);
        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add("http://127.0.0.1:0");
        start.RedirectStandardOutput = true;
        start.Environment.Remove("ASPNETCORE_URLS");
        var process = Process.Start(start)!;
        announcement ??= $"{name} listens on ";
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (line.TrimStart() is var words && words.StartsWith(announcement, StringComparison.Ordinal))
            {
                // What it prints from now on is read away, or it would stand still once the pipe is full.
                _ = process.StandardOutput.ReadToEndAsync();
                return new RunningSample(process, new Uri(words[announcement.Length..].Split(". ")[0]), folder);
            }
        }

        throw new InvalidOperationException($"{name} ended before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
