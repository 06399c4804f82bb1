using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session.Docs.Tests;

/// <summary>A program of a page, started in this process on a random loopback port.</summary>
internal sealed class RunningProgram : IAsyncDisposable, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private static readonly AsyncLocal<RunningProgram?> s_current = new();

    private readonly TaskCompletionSource<IHost> _host = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _subscriptions = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-docs-").FullName;
    private Task _run = Task.CompletedTask;

    /// <summary>Where it listens; null for a program that has ended by itself.</summary>
    public Uri? Address { get; private set; }

    /// <summary>Completes when the program ends, and fails as it fails.</summary>
    public Task Completion => _run;

    public static async Task<RunningProgram> StartAsync(Assembly program, CancellationToken cancellationToken)
    {
        var running = new RunningProgram();
        running._subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(running));
        string[] args =
        [
            "--urls=http://127.0.0.1:0", $"--contentRoot={running._folder}", "--environment=Development", "--Logging:LogLevel:Default=None",
            $"--ConnectionStrings:Sessions=Data Source={Path.Combine(running._folder, "sessions.db")}",
        ];
        running._run = Task.Factory.StartNew(
            () =>
            {
                s_current.Value = running;
                try
                {
                    program.EntryPoint!.Invoke(null, program.EntryPoint.GetParameters().Length == 0 ? [] : [args]);
                }
                catch (TargetInvocationException fault)
                {
                    throw fault.InnerException!;
                }
            },
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await running.WaitUntilStartedAsync(cancellationToken);
        return running;
    }

    public void OnNext(DiagnosticListener listener)
    {
        if (listener.Name == "Microsoft.Extensions.Hosting" && s_current.Value == this)
        {
            _subscriptions.Add(listener.Subscribe(this));
        }
    }

    // The same event informs WebApplicationFactory of the host.
    public void OnNext(KeyValuePair<string, object?> written)
    {
        if (written.Key == "HostBuilt" && s_current.Value == this)
        {
            _host.TrySetResult((IHost)written.Value!);
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public async ValueTask DisposeAsync()
    {
        if (_host.Task.IsCompletedSuccessfully)
        {
            var host = await _host.Task;
            try
            {
                host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            }
            catch (ObjectDisposedException)
            {
                // The program has ended already.
            }
        }

        foreach (var subscription in _subscriptions)
        {
            subscription.Dispose();
        }

        try
        {
            await _run;
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task WaitUntilStartedAsync(CancellationToken cancellationToken)
    {
        if (await Task.WhenAny(_host.Task, _run).WaitAsync(cancellationToken) == _run)
        {
            await _run;
            return;
        }

        var host = await _host.Task;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IHostApplicationLifetime lifetime;
        try
        {
            lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        }
        catch (ObjectDisposedException)
        {
            // The program has failed already. Its exception says why.
            await _run;
            return;
        }

        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        if (await Task.WhenAny(started.Task, _run).WaitAsync(cancellationToken) == _run)
        {
            await _run;
            return;
        }

        // A test server has no address: the block sends its requests by itself, and then ends.
        if (host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } address)
        {
            Address = new Uri(address);
        }
        else
        {
            await _run;
        }
    }
}
