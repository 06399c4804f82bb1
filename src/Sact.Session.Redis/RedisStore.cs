using System.Diagnostics;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in Redis, Redis Cluster, Valkey or Garnet: the store for many machines. Durability class: an acknowledged write survives until a failover loses it;
/// <see cref="RedisStoreOptions.RequireReplicas"/> narrows that window. Only <c>noeviction</c> is supported.
/// </summary>
/// <remarks>
/// A read is one command on the master; a change, a sign-in and a sign-out are one script each. A user's sessions and index share a hash slot. Every key has a TTL, which is mere garbage collection:
/// what is live is decided by the application's clock. The store connects at its first use.
/// </remarks>
[DebuggerDisplay("RedisStore {Prefix}")]
public sealed partial class RedisStore : GenericStore, IDisposable, IAsyncDisposable
{
    // Parallel sign-ins of one user at a full cap spoil each other's choice, but one of them always gets through.
    private const int MostAttempts = 256;
    private const int MostKeys = 256;
    private readonly RedisLink _link;

    /// <summary>Reads the options; connects at the first use.</summary>
    /// <param name="options">Configuration or connection and the rest.</param>
    /// <exception cref="ArgumentException">An option breaks its rule; no message repeats the configuration.</exception>
    public RedisStore(RedisStoreOptions options)
        : base(options)
    {
        if (options.Database < -1)
        {
            throw new ArgumentException("Database is -1 or the number of a database. Set RedisStoreOptions.Database accordingly.", nameof(options));
        }

        if (options.RequireReplicas is < 0 or > 64)
        {
            throw new ArgumentException("RequireReplicas lies between 0 and 64. Set RedisStoreOptions.RequireReplicas accordingly.", nameof(options));
        }

        if (options.ReplicaTimeout < TimeSpan.FromMilliseconds(1) || options.ReplicaTimeout > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentException("ReplicaTimeout lies between 1 millisecond and 1 minute. Set RedisStoreOptions.ReplicaTimeout accordingly.", nameof(options));
        }

        _link = new RedisLink(options, Logger);
    }

    private long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Owns(key) && (await ReadAsync(key, cancellationToken).ConfigureAwait(false)).Record is { } record && record.IsLive(Clock.GetUtcNow()) ? record : null;

    /// <inheritdoc/>
    public override async ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        var plan = new CapPlan();
        string replaces = "";
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            var answer = await CreateAsync(session, cap, plan, replaces, cancellationToken).ConfigureAwait(false);
            switch ((string?)answer[0])
            {
                case "C":
                    await ProbeAsync(session, (long)answer[1]).ConfigureAwait(false);
                    return SessionCreation.Created([.. Parts(answer[2]).Select(KeyOf)]);
                case "X":
                    var stands = Parse(session.Key, answer[1]);
                    if (stands is null || stands.IsLive(Clock.GetUtcNow()))
                    {
                        return stands?.IsSameCreation(session) == true ? SessionCreation.Created() : SessionCreation.Exists;
                    }

                    replaces = RedisRows.Text(stands.LineageHash);
                    break;
                default:
                    var (live, dead) = await SortAsync(Parts(answer[1]), session, cancellationToken).ConfigureAwait(false);
                    if (cap!.ChooseEnded(live, Clock.GetUtcNow()) is null)
                    {
                        return SessionCreation.CapReached;
                    }

                    // All of them in the cap's order: if others sign in meanwhile, the script goes on down the list.
                    var order = cap.Policy == SessionCapPolicy.Refuse ? [] : new SessionCap(1, cap.Policy).ChooseEnded(live, Clock.GetUtcNow())!;
                    plan = new CapPlan([.. order.Take(Math.Max(MostKeys - 2, live.Count + 1 - cap.Max)).Select(record => record.Key.KeyPart)], dead);
                    break;
            }
        }

        throw new SessionStoreException("Too many sign-ins of one user at once. Try again.");
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(change);
        if (change.Raise is not null && change.Renewal is not { Kind: SessionRenewalKind.Replace })
        {
            throw new ArgumentException("A raised level comes with a new id at once: add a renewal of the kind Replace.", nameof(change));
        }

        if (!Owns(session.Key))
        {
            return SessionUpdate.Gone;
        }

        var record = RecordKey(session.Key);
        RedisKey[] keys = session.UserId is { } userId ? [record, IndexKey(TagOf(userId), userId)] : [record];
        var arguments = RedisChange.Arguments(session, change, Clock.GetUtcNow());
        var answer = (RedisResult[])(await ScriptAsync(RedisScripts.Update, keys, arguments, cancellationToken).ConfigureAwait(false))!;
        switch ((int)answer[0])
        {
            case 1:
                return Parse(session.Key, answer[1]) is { } applied ? SessionUpdate.Applied(applied) : SessionUpdate.Gone;
            case 2:
                return Parse(session.Key, answer[1]) is { } now ? SessionUpdate.Conflict(now) : SessionUpdate.Gone;
            case 3:
                return SessionUpdate.TooLarge;
            case 9:
                Parse(session.Key, answer[1]);
                return SessionUpdate.Gone;
            default:
                return SessionUpdate.Gone;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Owns(session.Key) && await EndAsync([session.Key.KeyPart], session.UserId, RedisRows.Text(session.LineageHash), cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <summary>Closes the connection, unless it is the application's own.</summary>
    public void Dispose() => _link.Dispose();

    /// <summary>Closes the connection, unless it is the application's own.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private async Task<RedisResult[]> CreateAsync(SessionRecord session, SessionCap? cap, CapPlan plan, string replaces, CancellationToken cancellationToken)
    {
        var limits = session.Limits;
        var idle = limits.IdleTimeout < limits.AbsoluteTimeout ? limits.IdleTimeout : limits.AbsoluteTimeout;
        var life = session.Presented || limits.FirstUseTimeout > idle ? idle : limits.FirstUseTimeout;
        List<RedisKey> keys = [RecordKey(session.Key)];
        if (session.UserId is { } userId)
        {
            keys.Add(IndexKey(TagOf(userId), userId));
            keys.AddRange(plan.Candidates.Select(part => RecordKey(part.ToString())));
        }

        // From the limits, not from the clock: one that is wrong must not shorten a TTL.
        List<RedisValue> arguments =
        [
            session.Key.KeyPart,
            RedisRows.Text(session.AbsoluteDeadline),
            RedisRows.Text(life + SessionRecord.SkewMargin),
            RedisRows.Text(limits.AbsoluteTimeout + SessionRecord.SkewMargin),
            cap?.Max ?? 0,
            replaces,
            plan.Dead.Count,
            .. plan.Dead,
            .. plan.Candidates,
            .. RedisRows.Write(session),
        ];
        return (RedisResult[])(await ScriptAsync(RedisScripts.Create, [.. keys], [.. arguments], cancellationToken).ConfigureAwait(false))!;
    }

    private async ValueTask<RedisResult> ScriptAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken) =>
        await _link.RunAsync(write: true, keys[0], database => database.ScriptEvaluateAsync(script, keys, arguments, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);

    private async ValueTask<long> EndAsync(IReadOnlyList<string> parts, string? userId, string lineage, CancellationToken cancellationToken)
    {
        List<RedisKey> keys = [.. parts.Select(part => RecordKey(part))];
        if (userId is not null)
        {
            keys.Add(IndexKey(TagOf(userId), userId));
        }

        List<RedisValue> arguments = [RedisRows.Text(Now), userId is null ? "0" : "1", lineage, userId ?? "", .. parts];
        return (long)await ScriptAsync(RedisScripts.End, [.. keys], [.. arguments], cancellationToken).ConfigureAwait(false);
    }

    private string TagOf(string userId) => GetSessionKey(CreateSessionId(userId)).RoutingTag;

    private static string[] Parts(RedisResult members) => [.. ((RedisValue[]?)members ?? []).Select(member => member.ToString())];

    private SessionKey KeyOf(string part) => SessionKey.Parse($"{Prefix}:{part}");

    private RedisKey RecordKey(SessionKey key) => RecordKey(key.KeyPart);

    private RedisKey RecordKey(string part) => $"{Prefix}:{{{part[..3]}}}:s:{part}";

    // A user id may hold braces; the hash tag is the first pair, which stands before it.
    private RedisKey IndexKey(string tag, string userId) => $"{Prefix}:{{{tag}}}:u:{userId}";

    /// <summary>What is known of a user's sessions when the cap is full: whom it may end, in order, and which entries do not count.</summary>
    private sealed record CapPlan(IReadOnlyList<RedisValue> Candidates, IReadOnlyList<RedisValue> Dead)
    {
        public CapPlan()
            : this([], [])
        {
        }
    }
}
