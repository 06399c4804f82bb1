using System.Diagnostics;
using System.Globalization;

namespace Sact.Session.Benchmarks;

/// <summary>A process that calls the store of one commit, and measures how long the calls take.</summary>
internal sealed class ProbeProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ProbeProcess(Process process) => _process = process;

    public static async Task<ProbeProcess> StartAsync(string program, string store, string connection, string prefix)
    {
        var start = new ProcessStartInfo("dotnet", [program, store, connection, prefix])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var probe = new ProbeProcess(Process.Start(start)!);
        await probe.AnswerAsync();
        return probe;
    }

    /// <summary>Milliseconds for one call.</summary>
    public async Task<double> TimeAsync(string operation, int workers, int times) =>
        double.Parse(await SendAsync($"{operation} {workers} {times}"), CultureInfo.InvariantCulture) / times;

    public async Task<string> SendAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        return await AnswerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<string> AnswerAsync() =>
        await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The probe has ended. Its error is above.");
}
