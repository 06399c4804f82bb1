using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// A PostgreSQL server of the tests' own, on a loopback port, with its data in a folder that goes with it. One that happens to run on the
/// machine is never used.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Debian = "/usr/lib/postgresql";

    // An empty database, made once and copied for each server: initdb takes seconds.
    private static readonly Lazy<Task<PostgresServer>> s_template = new(MakeTemplateAsync);

    private readonly string _binaries;
    private readonly string _folder;
    private readonly string[] _settings;
    private Process? _process;
    private string[] _suspended = [];

    private PostgresServer(string binaries, string[] settings)
    {
        _binaries = binaries;
        _settings = settings;
        _folder = Directory.CreateTempSubdirectory("sact-postgres-").FullName;
        Port = ServerProcess.FreePort();
    }

    private string Data => Path.Combine(_folder, "data");

    public int Port { get; }

    public string ConnectionString => ConnectionStringAt(Port);

    public static string User => "sact";

    /// <summary>A word that must turn up in no message and no log.</summary>
    public static string Password => "correct-horse-battery";

    /// <summary>How to reach the server through something else on this machine.</summary>
    public static string ConnectionStringAt(int port) =>
        $"Host=127.0.0.1;Port={port};Database=postgres;Username={User};Password={Password};Maximum Pool Size=20";

    /// <summary>
    /// Starts a server on a database of its own. Without PostgreSQL on the machine the test is skipped, and in CI it fails.
    /// </summary>
    public static async Task<PostgresServer> StartAsync(params string[] settings)
    {
        string binaries = FindBinaries()
            ?? throw ServerProcess.Missing(
                "PostgreSQL (initdb, postgres, pg_ctl, pg_basebackup) is not on this machine: install the package 'postgresql'.");
        var server = new PostgresServer(binaries, settings);
        try
        {
            await server.CopyAsync(await s_template.Value);
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a second server that follows this one.</summary>
    public async Task<PostgresServer> StartStandbyAsync()
    {
        var standby = new PostgresServer(_binaries, ["hot_standby=on"]);
        await ServerProcess.GiveAwayAsync(standby._folder);
        await standby.RunAsync(
            "pg_basebackup",
            [
                "-d", $"host=127.0.0.1 port={Port} user={User} password={Password}",
                "-D", standby.Data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
            ]);
        await standby.StartAgainAsync();
        return standby;
    }

    public async Task StartAgainAsync()
    {
        string[] durable = _settings.Any(setting => setting.StartsWith("fsync", StringComparison.Ordinal))
            ? []
            : ["fsync=off", "full_page_writes=off"];
        string[] settings =
        [
            $"port={Port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "logging_collector=off",
            .. durable, .. _settings,
        ];
        _process = Begin("postgres", ["-D", Data, .. settings.SelectMany(setting => new[] { "-c", setting })]);
        await ServerProcess.WaitAsync<NpgsqlException>(_process, "PostgreSQL", async () =>
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=False;Timeout=2");
            await connection.OpenAsync();
        });
    }

    /// <summary>
    /// Ends the server as a crash does: nothing is flushed, every connection breaks. A file says so to every process of the server.
    /// </summary>
    public async Task StopAsync()
    {
        if (_process is { HasExited: false } process)
        {
            await RunAsync("pg_ctl", ["-D", Data, "-m", "immediate", "-w", "stop"]);
            await process.WaitForExitAsync();
        }

        _process?.Dispose();
        _process = null;
    }

    /// <summary>Lets the server hang: its processes stand still, and the kernel accepts connections for it.</summary>
    public async Task SuspendAsync()
    {
        string postmaster = _process!.Id.ToString(CultureInfo.InvariantCulture);

        // The postmaster first, or it would begin another process meanwhile.
        await SignalAsync("-STOP", [postmaster]);
        using var list = Process.Start(new ProcessStartInfo("ps", ["-o", "pid=", "--ppid", postmaster]) { RedirectStandardOutput = true })!;
        string children = await list.StandardOutput.ReadToEndAsync();
        await list.WaitForExitAsync();
        _suspended = [postmaster, .. children.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        await SignalAsync("-STOP", _suspended[1..]);
    }

    public Task ResumeAsync()
    {
        string[] suspended = _suspended;
        _suspended = [];
        return suspended.Length == 0 ? Task.CompletedTask : SignalAsync("-CONT", suspended);
    }

    public async Task<object?> ScalarAsync(string sql, params (string Name, object Value)[] parameters)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Application Name=behind");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await ResumeAsync();
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task SignalAsync(string signal, string[] processes)
    {
        using var kill = Process.Start("kill", [signal, .. processes])!;
        await kill.WaitForExitAsync();
    }

    private static string? FindBinaries()
    {
        IEnumerable<string> folders = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian).Select(version => Path.Combine(version, "bin")).OrderDescending(StringComparer.Ordinal)
            : [];
        return ServerProcess.FolderOf(folders, "initdb", "postgres", "pg_ctl", "pg_basebackup");
    }

    private static async Task<PostgresServer> MakeTemplateAsync()
    {
        var template = new PostgresServer(FindBinaries()!, []);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(template._folder, recursive: true);
        string password = Path.Combine(template._folder, "password");
        await File.WriteAllTextAsync(password, Password);
        await ServerProcess.GiveAwayAsync(template._folder);
        string[] access = ["-U", User, "-A", "scram-sha-256", "--pwfile", password];
        await template.RunAsync("initdb", ["-D", template.Data, .. access, "-E", "UTF8", "--locale", "C", "--no-sync"]);
        return template;
    }

    private async Task CopyAsync(PostgresServer template)
    {
        using var copy = Process.Start("cp", ["-R", template.Data, Data])!;
        await copy.WaitForExitAsync();
        Assert.True(copy.ExitCode == 0, $"cp ended with {copy.ExitCode}.");
        await ServerProcess.GiveAwayAsync(_folder);
    }

    private async Task RunAsync(string name, string[] arguments)
    {
        using var process = Begin(name, arguments);
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{name} ended with {process.ExitCode}.");
    }

    private Process Begin(string name, string[] arguments) => ServerProcess.Begin(_folder, Path.Combine(_binaries, name), arguments);
}
