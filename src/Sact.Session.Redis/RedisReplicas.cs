using System.Net;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>Waits until replicas have a write (<see cref="RedisStoreOptions.RequireReplicas"/>).</summary>
internal sealed class RedisReplicas(RedisStoreOptions options, RedisConnector connector)
{
    /// <summary>The masters that may do a write; null if no replica has to confirm it.</summary>
    public EndPoint[]? MastersOf(IConnectionMultiplexer connection) => options.RequireReplicas == 0
        ? null
        : [.. connection.GetServers()
            .Where(static server => server is { IsReplica: false, IsConnected: true }).Select(static server => server.EndPoint)];

    /// <summary>
    /// Waits for the replicas. The write has happened by now, so whatever fails here leaves its outcome unknown, and is never a reason to
    /// write again.
    /// </summary>
    public async Task ConfirmAsync(IConnectionMultiplexer connection, IDatabase database, RedisKey key, EndPoint[] masters)
    {
        RedisResult answer;
        try
        {
            var endPoint = await database.IdentifyEndpointAsync(key, CommandFlags.DemandMaster).ConfigureAwait(false);
            if (!masters.Contains(endPoint))
            {
                // It would confirm what it has, and may not have the write.
                throw new SessionStoreException(
                    $"Redis at {connector.Address} did a write, and another server is the master now, which may not have it. "
                    + "Read the session, and try again.",
                    null,
                    outcomeUnknown: true);
            }

            answer = await connection.GetServer(endPoint!)
                .ExecuteAsync("WAIT", options.RequireReplicas, (long)options.ReplicaTimeout.TotalMilliseconds).ConfigureAwait(false);
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw RedisFaults.Unconfirmed(fault, connector.Address);
        }

        if ((long)answer < options.RequireReplicas)
        {
            throw new SessionStoreException(
                $"The master at {connector.Address} has the write, "
                + $"and fewer than {options.RequireReplicas} replicas confirmed it in time. "
                + "Look at the replicas, or lower RedisStoreOptions.RequireReplicas.",
                null,
                outcomeUnknown: true);
        }
    }
}
