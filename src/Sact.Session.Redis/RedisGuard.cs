using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// What a server must be before sessions are kept in it: one that evicts nothing, and one whose sessions lie where this store looks for them. Looked at when there is a connection, and once a day.
/// </summary>
internal sealed class RedisGuard(RedisStoreOptions options, ILogger logger)
{
    private const string Policy = "maxmemory_policy:";

    // The longest session lives 400 days, and the fingerprint is renewed at least with the first call after a day.
    private static readonly TimeSpan s_ttl = TimeSpan.FromDays(402);

    // Changing the routing key moves the indexes of users: the sessions from before would be read and could not be listed or ended. Hashed, because the routing key may be a secret.
    private readonly string _fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("sact routing\0" + (options.RoutingKey ?? options.Prefix)))[..16]);

    private RedisKey Key => $"{options.Prefix}:routing";

    /// <summary>A server that evicts signs people out and, worse, loses index entries: sign-out everywhere would miss sessions.</summary>
    public async Task RefuseEvictionAsync(IConnectionMultiplexer connection)
    {
        foreach (var server in connection.GetServers().Where(server => server is { IsReplica: false, IsConnected: true }))
        {
            string? policy;
            try
            {
                // Through a script, because the client asks for INFO only if the application allows it every administrator's command.
                string memory = (string?)await server.ExecuteAsync("EVAL", "return redis.call('INFO', 'memory')", 0).ConfigureAwait(false) ?? "";
                policy = memory.Split('\n').FirstOrDefault(line => line.StartsWith(Policy, StringComparison.Ordinal))?[Policy.Length..].Trim();
            }
            catch (RedisServerException fault)
            {
                RedisLog.PolicyUnknown(logger, fault);
                return;
            }

            // Without a maxmemory nothing is evicted yet; the day somebody sets one is too late.
            if (policy is not (null or "noeviction"))
            {
                throw new SessionStoreException($"Redis may evict keys (maxmemory-policy {policy}), and sessions would vanish. Set maxmemory-policy to noeviction on the server.");
            }
        }
    }

    /// <summary>Whether the sessions of this prefix were made with this store's routing key; false if that could not be noted, and must be asked again.</summary>
    /// <exception cref="SessionStoreException">They were made with another.</exception>
    public async Task<bool> HoldsAsync(IDatabase database)
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            if (await database.StringGetAsync(Key, CommandFlags.DemandMaster).ConfigureAwait(false) is { IsNull: false } stored)
            {
                if (stored != _fingerprint)
                {
                    throw new SessionStoreException(
                        "The sessions of this prefix were made with another RoutingKey, and ending a user's sessions would miss them. Set GenericStoreOptions.RoutingKey back, or end all sessions with ClearAsync.");
                }

                await database.KeyExpireAsync(Key, s_ttl, flags: CommandFlags.DemandMaster).ConfigureAwait(false);
                return true;
            }

            try
            {
                if (await database.StringSetAsync(Key, _fingerprint, s_ttl, When.NotExists, CommandFlags.DemandMaster).ConfigureAwait(false))
                {
                    return true;
                }
            }
            catch (RedisServerException)
            {
                // Full, or a replica: what can be read is read, and a write says for itself why it fails.
                return false;
            }
        }

        return false;
    }

    /// <summary>After the end of all sessions: the next ones are made with this store's routing key.</summary>
    public Task ResetAsync(IDatabase database) => database.StringSetAsync(Key, _fingerprint, s_ttl, flags: CommandFlags.DemandMaster);
}
