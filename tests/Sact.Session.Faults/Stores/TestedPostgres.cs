using System.Diagnostics;
using Npgsql;

namespace Sact.Session.Faults;

/// <summary>A PostgreSQL server behind a proxy. A standby is made for each failover.</summary>
internal sealed class TestedPostgres : TestedStore
{
    private static readonly TimeSpan s_betweenKills = TimeSpan.FromMilliseconds(20);

    private PostgresServer? _server;

    public override string Name => "postgres";

    public override string Connection => PostgresServer.ConnectionStringAt(Proxies[0].Port);

    private PostgresServer Server => _server!;

    public override async Task StartAsync(int seed)
    {
        _server = await PostgresServer.StartAsync();
        AddProxy(seed).LeadTo(Server.Port);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    protected override IEnumerable<Fault> OwnFaults(Applications applications, BrowserLoad load) =>
    [
        new Fault("kill and restart", RestartAsync),
        new Fault("failover", FailOverAsync),
        new Fault("terminate storm", TerminateAsync, IsQuick: true),
        new Fault("read-only", MakeReadOnlyAsync, IsQuick: true),
        new Fault("frozen", FreezeAsync),
    ];

    private async Task RestartAsync(FaultContext context)
    {
        await Server.StopAsync();
        await context.HoldAsync();
        await Server.StartAgainAsync();
    }

    private async Task FailOverAsync(FaultContext context)
    {
        var old = Server;
        var standby = await old.StartStandbyAsync();

        // What is acknowledged before this moment is below the position that is read after it.
        context.BeginLoss();
        object position = (await AskAsync(old, "SELECT pg_current_wal_insert_lsn()::text"))!;
        for (var since = Stopwatch.StartNew(); !await FollowsAsync(standby, position);)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), "The standby did not follow.");
        }

        await old.StopAsync();
        await AskAsync(standby, "SELECT pg_promote()");
        _server = standby;
        Proxies[0].LeadTo(standby.Port);
        context.EndLoss();
        await old.DisposeAsync();
    }

    private static async Task<bool> FollowsAsync(PostgresServer standby, object position) =>
        await AskAsync(
            standby,
            "SELECT pg_last_wal_receive_lsn() IS NOT NULL AND pg_last_wal_receive_lsn() >= @position::pg_lsn",
            ("position", position)) is true;

    // Over a connection of its moment: one of a pool may have broken with the last fault.
    private static async Task<object?> AskAsync(PostgresServer server, string sql, params (string Name, object Value)[] parameters)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Application Name=behind;Pooling=False");
        await connection.OpenAsync();
#pragma warning disable CA2100 // The statements are constants.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return await command.ExecuteScalarAsync();
    }

    private async Task TerminateAsync(FaultContext context)
    {
        for (var left = context.Duration; left > TimeSpan.Zero; left -= s_betweenKills)
        {
            await AskAsync(
                Server,
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> 'behind'
                """);
            await Task.Delay(left < s_betweenKills ? left : s_betweenKills);
        }
    }

    private async Task MakeReadOnlyAsync(FaultContext context)
    {
        await SetReadOnlyAsync("on");
        await context.HoldAsync();
        await SetReadOnlyAsync("off");
    }

    private async Task SetReadOnlyAsync(string value)
    {
        await AskAsync(Server, $"ALTER SYSTEM SET default_transaction_read_only = {value}");
        await AskAsync(Server, "SELECT pg_reload_conf()");
    }

    private async Task FreezeAsync(FaultContext context)
    {
        await Server.SuspendAsync();
        await context.HoldAsync();
        await Server.ResumeAsync();
    }
}
