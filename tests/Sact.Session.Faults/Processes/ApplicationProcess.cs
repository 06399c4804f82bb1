using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Sact.Session.Faults;

/// <summary>The near end of an application process.</summary>
internal sealed class ApplicationProcess : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(40);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<Reply?>> _waiting = new();
    private readonly Process _process;
    private readonly Lock _writing = new();
    private readonly Task _listening;
    private long _lastId;
    private volatile bool _ended;

    private ApplicationProcess(Process process)
    {
        _process = process;
        _listening = ListenAsync();
    }

    public int Id => _process.Id;

    /// <summary>Starts a process.</summary>
    /// <param name="survivesFullDisk">
    /// Whether a write beyond the limit of a file is an error to it, and not its end. The runtime must not write code by files then.
    /// </param>
    public static ApplicationProcess Start(bool survivesFullDisk)
    {
        string program = typeof(ApplicationProcess).Assembly.Location;
        var start = survivesFullDisk && OperatingSystem.IsLinux()
            ? new ProcessStartInfo("sh", ["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", "dotnet", program, "application"])
            : new ProcessStartInfo("dotnet", [program, "application"]);
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return new ApplicationProcess(Process.Start(start)!);
    }

    /// <summary>Serves a request.</summary>
    /// <returns>Null if the process died.</returns>
    /// <exception cref="TimeoutException">It lives and does not answer.</exception>
    public async Task<Reply?> SendAsync(Request request)
    {
        var answer = new TaskCompletionSource<Reply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        request = request with { Id = Interlocked.Increment(ref _lastId) };
        _waiting[request.Id] = answer;
        string line = JsonSerializer.Serialize(request, Wire.Json);
        try
        {
            lock (_writing)
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
        {
            return null;
        }

        return _ended ? null : await answer.Task.WaitAsync(s_longest);
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _listening;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task ListenAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            // A process that was killed may leave half a line.
            if (line.EndsWith('}') && JsonSerializer.Deserialize<Reply>(line, Wire.Json) is { } reply
                && _waiting.TryRemove(reply.Id, out var waiting))
            {
                waiting.SetResult(reply);
            }
        }

        _ended = true;
        foreach (var waiting in _waiting.Values)
        {
            waiting.TrySetResult(null);
        }
    }
}
