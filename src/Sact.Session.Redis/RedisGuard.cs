using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// What a server must be before sessions are kept in it: it evicts nothing, and its sessions were made with this store's routing key.
/// It is checked when there is a connection, and once a day.
/// </summary>
internal sealed class RedisGuard(RedisStoreOptions options, ILogger logger)
{
    private const string Policy = "maxmemory_policy:";

    // The longest session lives 400 days, and the fingerprint is renewed at least with the first call after a day.
    private static readonly TimeSpan s_ttl = TimeSpan.FromDays(402);

    // A change of the routing key moves the indexes of users: older sessions could be read, and neither listed nor ended. It is hashed,
    // because it may be a secret.
    private readonly string _fingerprint = Fingerprint("sact routing\0" + (options.RoutingKey ?? options.Prefix));

    private RedisKey Key => $"{options.Prefix}:routing";

    /// <summary>
    /// A server that evicts signs users out. Worse, it loses index entries, so that "sign out everywhere" misses sessions.
    /// </summary>
    public async Task RefuseEvictionAsync(IConnectionMultiplexer connection)
    {
        foreach (var server in connection.GetServers().Where(server => server is { IsReplica: false, IsConnected: true }))
        {
            string? policy;
            try
            {
                // By a script, because the client sends INFO only if the application allows it every command of an administrator.
                var answer = await server.ExecuteAsync("EVAL", "return redis.call('INFO', 'memory')", 0).ConfigureAwait(false);
                string[] lines = ((string?)answer ?? "").Split('\n');
                policy = Array.Find(lines, line => line.StartsWith(Policy, StringComparison.Ordinal))?[Policy.Length..].Trim();
            }
            catch (RedisServerException fault)
            {
                RedisLog.PolicyUnknown(logger, fault);
                return;
            }

            // Without a maxmemory nothing is evicted yet. The day that an operator sets one is too late.
            if (policy is not (null or "noeviction"))
            {
                throw new SessionStoreException(
                    $"Redis may evict keys (maxmemory-policy {policy}), and sessions would be lost. "
                    + "Set maxmemory-policy to noeviction on the server.");
            }
        }
    }

    /// <summary>
    /// Whether the sessions of this prefix were made with this store's routing key. False if that could not be stored, and must be
    /// checked again.
    /// </summary>
    /// <exception cref="SessionStoreException">They were made with another one.</exception>
    public async Task<bool> HoldsAsync(IDatabase database)
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            if (await StoredAsync(database).ConfigureAwait(false) is { IsNull: false } stored)
            {
                if (stored.Length() != _fingerprint.Length)
                {
                    throw Foreign();
                }

                if (stored != _fingerprint)
                {
                    throw new SessionStoreException(
                        "The sessions of this prefix were made with another RoutingKey, and ending the sessions of a user would miss some. "
                        + "Set GenericStoreOptions.RoutingKey back; for sact-session, set SACT_SESSION_ROUTING_KEY. "
                        + "Only ClearAsync, which ends all sessions, makes another one valid.");
                }

                await RenewAsync(database).ConfigureAwait(false);
                return true;
            }

            try
            {
                if (await SetAsync(database, When.NotExists).ConfigureAwait(false))
                {
                    return true;
                }
            }
            catch (RedisServerException)
            {
                // The server is full, or a replica. Reads still work, and a write reports why it fails.
                return false;
            }
        }

        return false;
    }

    /// <summary>After the end of all sessions: the next ones are made with this store's routing key.</summary>
    public Task ResetAsync(IDatabase database) => SetAsync(database, When.Always);

    // The caller would take WRONGTYPE for a foreign value under the key of a session, and answer that there is no session.
    private async Task<RedisValue> StoredAsync(IDatabase database)
    {
        try
        {
            return await database.StringGetAsync(Key, CommandFlags.DemandMaster).ConfigureAwait(false);
        }
        catch (RedisServerException fault) when (fault.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
        {
            throw Foreign();
        }
    }

    private async Task RenewAsync(IDatabase database)
    {
        try
        {
            await database.KeyExpireAsync(Key, s_ttl, flags: CommandFlags.DemandMaster).ConfigureAwait(false);
        }
        catch (RedisServerException fault) when (!RedisFaults.IsDeposed(fault))
        {
            // The server takes no writes. Reads still work, a write reports why it fails, and the TTL has months left.
        }
    }

    private SessionStoreException Foreign() => new(
        $"Something else is stored under the key {Key}, where the store keeps a hash of its RoutingKey. "
        + "Set GenericStoreOptions.Prefix to one that is free, or delete the key.");

    private static string Fingerprint(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..16]);

    private Task<bool> SetAsync(IDatabase database, When when) =>
        database.StringSetAsync(Key, _fingerprint, s_ttl, when, CommandFlags.DemandMaster);
}
