using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Sact.Session.SecondProcess;

namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>Another process that runs the calls of a test over its own SQLite or Redis stores; gone with the test.</summary>
public sealed class SecondProcess : IDisposable
{
    private readonly Process _process = Start("serve");
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Answer>> _pending = new();
    private readonly Lock _writing = new();
    private long _lastId;
    private int _lastHandle;
    private volatile bool _ended;

    public SecondProcess() => _ = ListenAsync();

    /// <summary>Starts the program that lies beside the tests; the caller kills it.</summary>
    public static Process Start(params string[] arguments)
    {
        string program = typeof(SecondProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "SecondProcess").Value!;
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>A store of the other process.</summary>
    internal async Task<IGenericStore> OpenAsync(string connectionString, TimeProvider clock, string prefix)
    {
        var store = new FarStore(this, Interlocked.Increment(ref _lastHandle), new GenericStoreOptions { TimeProvider = clock, Prefix = prefix });
        await store.OpenAsync(connectionString);
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

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
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
