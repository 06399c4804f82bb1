using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// A redis-server of the tests' own, on a loopback port, with its data in a folder that goes with it. One that happens to run on the
/// machine is never used.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "redis-server";
    private const int BusOffset = 10000;
    private readonly string[] _settings;
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-redis-").FullName;
    private Process? _process;
    private ConnectionMultiplexer? _behind;

    private RedisServer(string[] settings)
    {
        _settings = settings;
        Port = FreePort();
    }

    /// <summary>A word that must turn up in no message and no log.</summary>
    public static string Password => "correct-horse-battery";

    public int Port { get; private set; }

    /// <summary>Which server it follows from its next start on; null for none.</summary>
    public RedisServer? Master { get; set; }

    public EndPoint EndPoint => new IPEndPoint(IPAddress.Loopback, Port);

    public string Configuration => ConfigurationAt(Port);

    /// <summary>What the tests themselves do on the server, behind a store's back.</summary>
    public IServer Behind => _behind!.GetServer(EndPoint);

    public IDatabase Database => _behind!.GetDatabase();

    /// <summary>How to reach the server through something else on this machine.</summary>
    public static string ConfigurationAt(params int[] ports) =>
        string.Join(',', ports.Select(port => $"127.0.0.1:{port}")) + $",password={Password}";

    /// <summary>Starts a server. Without redis-server on the machine the test is skipped, and in CI it fails.</summary>
    public static Task<RedisServer> StartAsync(params string[] settings) => StartAsync(null, settings);

    private static async Task<RedisServer> StartAsync(RedisServer? master, string[] settings)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(
            folder => File.Exists(Path.Combine(folder, Program))))
        {
            const string Missing = "redis-server is not on this machine: install the package 'redis-server'.";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", Missing);
            throw new InvalidOperationException(Missing);
        }

        var server = new RedisServer(settings) { Master = master };
        try
        {
            // Another process may have taken the port since it was found free.
            for (int attempt = 1; !await server.TryBeginAsync(); attempt++)
            {
                Assert.True(attempt < 5, "redis-server did not start.");
                server.Port = FreePort();
            }

            await server.ConnectAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a second server that follows this one, and waits until it does.</summary>
    public async Task<RedisServer> StartReplicaAsync()
    {
        var replica = await StartAsync(this, _settings);
        await replica.WaitForAsync("replication", "master_link_status", "up");
        return replica;
    }

    /// <summary>Waits until INFO says so; it is asked again and again.</summary>
    public async Task WaitForAsync(string section, string name, string value)
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(ServerProcess.PollInterval))
        {
            if ((await Behind.InfoAsync(section)).SelectMany(group => group).Any(line => line.Key == name && line.Value == value))
            {
                return;
            }

            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), $"{name} did not become {value}.");
        }
    }

    /// <summary>Starts the server and waits until it has loaded its data.</summary>
    public async Task StartAgainAsync()
    {
        await BeginAgainAsync();
        await ConnectAsync();
        for (bool isLoading = true; isLoading;)
        {
            try
            {
                await Behind.ExecuteAsync("PING");
                isLoading = false;
            }
            catch (RedisServerException fault) when (fault.Message.StartsWith("LOADING", StringComparison.Ordinal))
            {
            }
        }
    }

    /// <summary>Starts the server without the data that it had on disk.</summary>
    public async Task StartEmptyAsync()
    {
        foreach (string entry in Directory.GetFileSystemEntries(_folder))
        {
            if (Directory.Exists(entry))
            {
                Directory.Delete(entry, recursive: true);
            }
            else
            {
                File.Delete(entry);
            }
        }

        await StartAgainAsync();
    }

    /// <summary>Starts the server and does not wait until it has loaded its data.</summary>
    public async Task BeginAgainAsync() => Assert.True(await TryBeginAsync(), "redis-server did not start again.");

    /// <summary>Tells a server something by a bare socket: a client would not connect to one that loads.</summary>
    public async Task TellAsync(string command)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        using var writer = new StreamWriter(socket.GetStream(), leaveOpen: true) { NewLine = "\r\n", AutoFlush = true };
        using var reader = new StreamReader(socket.GetStream(), leaveOpen: true);
        foreach (string line in new[] { $"AUTH {Password}", command })
        {
            await writer.WriteLineAsync(line);
            Assert.True(await reader.ReadLineAsync() == "+OK", "The server refused it.");
        }
    }

    /// <summary>Ends the server as a crash does: every connection breaks, nothing is saved.</summary>
    public async Task StopAsync()
    {
        if (_behind is { } behind)
        {
            _behind = null;
            await behind.DisposeAsync();
        }

        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>Stops the process in its tracks: its connections stay open, and nothing answers.</summary>
    public Task SuspendAsync() => SignalAsync("-STOP");

    public Task ResumeAsync() => SignalAsync("-CONT");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A port whose number leaves room for that of a cluster's bus.</summary>
    private static int FreePort()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            int port = ((IPEndPoint)probe.LocalEndpoint).Port;
            if (port + BusOffset <= IPEndPoint.MaxPort)
            {
                return port;
            }
        }
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)])!;
        await kill.WaitForExitAsync();
    }

    private async Task<bool> TryBeginAsync()
    {
        string[] settings =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder, "--save", "", "--daemonize", "no", "--logfile", "",
            "--requirepass", Password, "--masterauth", Password, "--repl-diskless-sync-delay", "0", .. _settings,
            .. Master is null ? Array.Empty<string>() : ["--replicaof", $"127.0.0.1 {Master.Port}"],
        ];
        var start =
            new ProcessStartInfo(Program, settings)
            {
                WorkingDirectory = _folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            // While it loads its data it listens already.
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal)
                || line.Contains("Loading RDB", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync();
                _process = process;
                return true;
            }
        }

        await process.WaitForExitAsync();
        process.Dispose();
        return false;
    }

    private async Task ConnectAsync() =>
        _behind = await ConnectionMultiplexer.ConnectAsync(
            Configuration + ",allowAdmin=true,connectTimeout=30000,asyncTimeout=30000,syncTimeout=30000");
}
