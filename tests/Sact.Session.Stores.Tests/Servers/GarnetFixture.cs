using System.Net;
using System.Net.Sockets;
using Garnet;
using StackExchange.Redis;

namespace Sact.Session.Stores.Tests.Servers;

/// <summary>Garnet inside this process, on a loopback port of its own: what makes the Redis code testable on any machine.</summary>
public sealed class GarnetFixture : IAsyncLifetime
{
    private readonly GarnetServer _server;

    public GarnetFixture()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        _server = new GarnetServer(["--bind", "127.0.0.1", "--port", $"{port}", "--lua", "--lua-transaction-mode", "--index", "16m", "-q"]);
        Configuration = $"127.0.0.1:{port}";
    }

    public string Configuration { get; }

    public IConnectionMultiplexer Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _server.Start();
        Connection = await ConnectionMultiplexer.ConnectAsync(Configuration + ",allowAdmin=true");
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _server.Dispose();
    }
}
