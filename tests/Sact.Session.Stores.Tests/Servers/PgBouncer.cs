using System.Diagnostics;
using Npgsql;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// A pooler of the tests' own before the shared server, which hands its few connections out by the transaction; started by the first test
/// that asks.
/// </summary>
public sealed class PgBouncer(SharedPostgres shared) : IAsyncDisposable
{
    /// <summary>How many connections to the server it shares out.</summary>
    public const int Connections = 4;

    private readonly SemaphoreSlim _starting = new(1, 1);
    private string? _folder;
    private Process? _process;
    private int _port;

    public async Task<string> ConnectionStringAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_process is null)
            {
                await StartAsync(await shared.GetAsync());
            }

            return PostgresServer.ConnectionStringAt(_port);
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }

        _starting.Dispose();
    }

    private async Task StartAsync(PostgresServer server)
    {
        string binaries = ServerProcess.FolderOf(["/usr/sbin"], "pgbouncer")
            ?? throw ServerProcess.Missing("PgBouncer is not on this machine: install the package 'pgbouncer'.");
        _folder = Directory.CreateTempSubdirectory("sact-pgbouncer-").FullName;
        _port = ServerProcess.FreePort();
        await File.WriteAllTextAsync(Path.Combine(_folder, "users.txt"), $"\"{PostgresServer.User}\" \"{PostgresServer.Password}\"\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "pgbouncer.ini"), $"""
            [databases]
            postgres = host=127.0.0.1 port={server.Port} dbname=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {_port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = users.txt
            pool_mode = transaction
            default_pool_size = {Connections}
            max_client_conn = 500

            """);
        await ServerProcess.GiveAwayAsync(_folder);
        _process = ServerProcess.Begin(_folder, Path.Combine(binaries, "pgbouncer"), "pgbouncer.ini");
        await ServerProcess.WaitAsync<NpgsqlException>(_process, "PgBouncer", async () =>
        {
            await using var connection = new NpgsqlConnection(PostgresServer.ConnectionStringAt(_port) + ";Pooling=False;Timeout=2");
            await connection.OpenAsync();
        });
    }
}
