[assembly: AssemblyFixture(typeof(Sact.Session.Stores.Tests.SharedPostgres))]

namespace Sact.Session.Stores.Tests;

/// <summary>The one server that all tests share which do it no harm: started by the first that asks, stopped after the last.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private PostgresServer? _server;

    public async Task<PostgresServer> GetAsync()
    {
        await _starting.WaitAsync();
        try
        {
            return _server ??= await PostgresServer.StartAsync();
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _starting.Dispose();
    }
}
