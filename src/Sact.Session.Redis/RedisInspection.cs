using System.Globalization;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>Looks at every master for the health check: its role, its replicas, its memory, its disk and its clock.</summary>
internal sealed class RedisInspection(RedisLink link, TimeProvider clock, int requiredReplicas)
{
    // By a script, because the client sends INFO only if the application allows it every command of an administrator.
    private const string Script =
        "return {redis.call('TIME'), redis.call('INFO', 'memory'), redis.call('INFO', 'replication'), redis.call('INFO', 'persistence')}";

    private readonly List<string> _failures = [];
    private readonly List<string> _warnings = [];
    private readonly Dictionary<string, object> _figures = [];
    private DateTimeOffset? _time;
    private TimeSpan? _lag;
    private double? _fill;

    public async Task<StoreHealth> RunAsync(CancellationToken cancellationToken)
    {
        var masters = await link.MastersAsync(guarded: true, cancellationToken).ConfigureAwait(false);
        _figures["masters"] = masters.Count;
        foreach (var master in masters)
        {
            await LookAsync(master, cancellationToken).ConfigureAwait(false);
        }

        return new StoreHealth
        {
            Failures = _failures,
            Warnings = _warnings,
            StoreTime = _time,
            ReplicaLag = _lag,
            Fill = _fill,
            Figures = _figures,
        };
    }

    private async Task LookAsync(IServer master, CancellationToken cancellationToken)
    {
        RedisResult[] answers;
        try
        {
            var answer = await master.ExecuteAsync("EVAL", Script, 0).WaitAsync(cancellationToken).ConfigureAwait(false);
            answers = (RedisResult[])answer!;
        }
        catch (RedisServerException fault) when (IsForbidden(fault))
        {
            // An ACL hides INFO, and sessions work without it.
            _figures["info"] = "refused";
            return;
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw link.Wrap(fault, write: false);
        }

        var now = clock.GetUtcNow();
        var time = TimeOf((RedisResult[])answers[0]!);
        if (_time is not { } worst || (time - now).Duration() > (worst - now).Duration())
        {
            _time = time;
        }

        var info = Lines(answers[1..]);
        string where = RedisConnector.Name(master.EndPoint);
        LookAtMemory(info, where);
        LookAtReplicas(info, where);
        LookAtDisk(info, where);
    }

    private static bool IsForbidden(RedisServerException fault) =>
        fault.Message.Contains("NOPERM", StringComparison.Ordinal)
        || fault.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
        || fault.Message.Contains("permission", StringComparison.OrdinalIgnoreCase);

    private void LookAtMemory(Dictionary<string, string> info, string where)
    {
        string policy = info.GetValueOrDefault("maxmemory_policy", "unknown");
        _figures["maxmemory_policy"] = policy;
        if (policy is not ("noeviction" or "unknown"))
        {
            _warnings.Add(
                $"Redis at {where} may evict keys (maxmemory-policy {policy}), and sessions would be lost. "
                + "Set maxmemory-policy to noeviction on the server.");
        }

        long used = Number(info, "used_memory"), most = Number(info, "maxmemory");
        Sum("used_memory_bytes", used);
        if (most > 0)
        {
            Sum("maxmemory_bytes", most);
            _fill = Math.Max(_fill ?? 0, (double)used / most);
        }
    }

    private void LookAtReplicas(Dictionary<string, string> info, string where)
    {
        if (info.GetValueOrDefault("role") == "slave")
        {
            _failures.Add(
                $"Redis at {where} is a replica and takes no writes, so nobody can sign in or out. "
                + "Look whether the master runs, and name all servers in RedisStoreOptions.Configuration.");
            return;
        }

        int online = 0;
        foreach (var (name, value) in info)
        {
            // slave0:ip=10.0.0.2,port=6379,state=online,offset=42,lag=1
            if (!name.StartsWith("slave", StringComparison.Ordinal) || !value.Contains("state=online", StringComparison.Ordinal))
            {
                continue;
            }

            online++;
            string lag = Array.Find(value.Split(','), static part => part.StartsWith("lag=", StringComparison.Ordinal)) ?? "";
            if (long.TryParse(lag.AsSpan(Math.Min(4, lag.Length)), CultureInfo.InvariantCulture, out long seconds))
            {
                var behind = TimeSpan.FromSeconds(seconds);
                _lag = _lag is { } most && most > behind ? most : behind;
            }
        }

        Sum("replicas", online);
        if (online < requiredReplicas)
        {
            _failures.Add(
                $"Redis at {where} has {online} replicas online, and RedisStoreOptions.RequireReplicas is {requiredReplicas}, "
                + "so sign-ins and sign-outs are not acknowledged. Start the replicas.");
        }
    }

    private void LookAtDisk(Dictionary<string, string> info, string where)
    {
        if (info.GetValueOrDefault("rdb_last_bgsave_status") == "err" || info.GetValueOrDefault("aof_last_write_status") == "err")
        {
            _warnings.Add($"Redis at {where} could not save to its disk, so a restart loses sessions. Look at the log of the server.");
        }
    }

    private static DateTimeOffset TimeOf(RedisResult[] answer) =>
        DateTimeOffset.FromUnixTimeSeconds((long)answer[0]).AddMicroseconds((long)answer[1]);

    private static Dictionary<string, string> Lines(RedisResult[] sections)
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in sections.SelectMany(static section => ((string?)section ?? "").Split('\n')))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                lines[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return lines;
    }

    private static long Number(Dictionary<string, string> info, string name) =>
        long.TryParse(info.GetValueOrDefault(name), CultureInfo.InvariantCulture, out long number) ? number : 0;

    private void Sum(string name, long more) => _figures[name] = (long)_figures.GetValueOrDefault(name, 0L) + more;
}
