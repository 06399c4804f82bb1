using Sact.Session.Stores.Tests;

namespace Sact.Session.Scoreboard;

/// <summary>A peer of Node over a private Redis.</summary>
internal sealed class RedisPeerContender(NodeContender peer) : Contender
{
    public override string Name => peer.Name;

    public override string Configuration => peer.Configuration;

    public override async Task<Application> StartAsync(bool withFaults)
    {
        var server = await RedisServer.StartAsync();
        try
        {
            var inner = await peer.StartAsync([
                ("STORE", "redis"), ("REDIS_URL", $"redis://:{RedisServer.Password}@127.0.0.1:{server.Port}")]);
            return inner.With(server);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
