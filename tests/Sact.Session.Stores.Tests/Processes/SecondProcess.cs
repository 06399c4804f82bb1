using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Sact.Session.SecondProcess;

namespace Sact.Session.Stores.Tests;

/// <summary>Another process that runs the calls of a test over stores of its own; gone with the test.</summary>
public sealed class SecondProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Answer>> _pending = new();
    private readonly Lock _writing = new();
    private long _lastId;
    private int _lastHandle;
    private volatile bool _ended;

    public SecondProcess()
        : this(null)
    {
    }

    /// <summary>Started by a shell that says something first, such as <c>ulimit -f 100</c>.</summary>
    internal SecondProcess(string? shell)
    {
        _process = shell is null
            ? Start("serve")
            : Start(new ProcessStartInfo("sh", ["-c", shell + "; exec \"$0\" \"$@\"", "dotnet", Program, "serve"]));
        _ = ListenAsync();
    }

    public int Id => _process.Id;

    private static string Program =>
        typeof(SecondProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "SecondProcess").Value!;

    /// <summary>Starts the program that lies beside the tests; the caller kills it.</summary>
    public static Process Start(params string[] arguments) => Start(new ProcessStartInfo("dotnet", [Program, .. arguments]));

    /// <summary>A store of the other process, <c>sqlite</c>, <c>postgresql</c> or <c>redis</c>.</summary>
    internal async Task<FarStore> OpenAsync(string kind, string connectionString, TimeProvider clock, string prefix)
    {
        var store = new FarStore(
            this, Interlocked.Increment(ref _lastHandle), new GenericStoreOptions { TimeProvider = clock, Prefix = prefix });
        await store.OpenAsync(kind, connectionString);
        return store;
    }

    internal async Task<Answer> SendAsync(Call call)
    {
        var answer = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        call = call with { Id = Interlocked.Increment(ref _lastId) };
        _pending[call.Id] = answer;
        lock (_writing)
        {
            _process.StandardInput.WriteLine(JsonSerializer.Serialize(call));
            _process.StandardInput.Flush();
        }

        if (_ended)
        {
            throw new InvalidOperationException("The second process has ended.");
        }

        var said = await answer.Task;
        return said.Fault switch
        {
            null => said,
            "argument" => throw new ArgumentException(said.Message),
            "store" => throw new SessionStoreException(said.Message!, null, said.OutcomeUnknown),
            _ => throw new InvalidOperationException($"The second process: {said.Fault}: {said.Message}"),
        };
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private static Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return Process.Start(start)!;
    }

    private async Task ListenAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var answer = JsonSerializer.Deserialize<Answer>(line)!;
            _pending.TryRemove(answer.Id, out var waiting);
            waiting!.SetResult(answer);
        }

        _ended = true;
        foreach (var waiting in _pending.Values)
        {
            waiting.TrySetException(new InvalidOperationException("The second process has ended."));
        }
    }
}
