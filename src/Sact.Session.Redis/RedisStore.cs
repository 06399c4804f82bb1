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

    // How often a script is sent while a cluster moves its keys: a quarter of a second, and three seconds.
    private const int Impatient = 8;
    private const int Patient = 30;
    private readonly RedisLink _link;
    private readonly string _keyStart;

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

        _keyStart = Prefix + ":{";
        _link = new RedisLink(options, Clock, Logger);
    }

    private long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Owns(key) && (await ReadAsync(key, cancellationToken).ConfigureAwait(false)).Readable is { } record && record.IsLive(Clock.GetUtcNow()) ? record : null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Also if the session has a user and its key another routing tag than the user's.</exception>
    public override async ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        if (session.UserId is { } userId && session.Key.RoutingTag != TagOf(userId))
        {
            throw new ArgumentException("The record's key has another routing tag than its user's, and would lie apart from the user's other sessions. Make the id with this store's CreateSessionId(userId).", nameof(session));
        }

        var plan = new CapPlan([], []);
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            var answer = await CreateAsync(session, cap, plan, cancellationToken).ConfigureAwait(false);
            switch ((string?)answer[0])
            {
                case "C":
                    await ProbeAsync(session, (long)answer[1]).ConfigureAwait(false);
                    return SessionCreation.Created([.. Parts(answer[2]).Select(KeyOf)]);
                case "X":
                    return Parse(session.Key, answer[1])?.IsSameCreation(session) == true ? SessionCreation.Created() : SessionCreation.Exists;
                default:
                    if (await PlanAsync(session, cap!, Parts(answer[1]), cancellationToken).ConfigureAwait(false) is not { } made)
                    {
                        return SessionCreation.CapReached;
                    }

                    plan = made;
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

        var answer = (RedisResult[])(await UpdateAsync(session, change, RedisChange.Arguments(session, change, Clock.GetUtcNow()), cancellationToken).ConfigureAwait(false))!;
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
        return Owns(session.Key) && await EndAsync([session.Key.KeyPart], session.UserId, RedisRows.Text(session.LineageHash), ofUser: true, cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <summary>Closes the connection, unless it is the application's own.</summary>
    public void Dispose() => _link.Dispose();

    /// <summary>Closes the connection, unless it is the application's own.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private async Task<RedisResult[]> CreateAsync(SessionRecord session, SessionCap? cap, CapPlan plan, CancellationToken cancellationToken)
    {
        var limits = session.Lifetimes;
        var idle = limits.IdleTimeout < limits.AbsoluteTimeout ? limits.IdleTimeout : limits.AbsoluteTimeout;
        var life = session.Presented || limits.FirstUseTimeout > idle ? idle : limits.FirstUseTimeout;
        List<RedisKey> keys = [RecordKey(session.Key)];
        if (session.UserId is { } userId)
        {
            keys.Add(IndexKey(session.Key.RoutingTag, userId));
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
            RedisRows.Text(Now),
            RedisRows.Text(SessionRecord.CurrentFormat),
            plan.Dead.Count,
            .. plan.Dead,
            .. plan.Candidates,
            .. RedisRows.Write(session),
        ];
        return (RedisResult[])(await _link.ScriptAsync(RedisScripts.Create, [.. keys], [.. arguments], Patient, cancellationToken: cancellationToken).ConfigureAwait(false))!;
    }

    private async ValueTask<RedisResult> UpdateAsync(SessionRecord session, SessionChange change, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var record = RecordKey(session.Key);
        if (session.UserId is not { } userId || (change.Touch is null && change.Raise is null))
        {
            return await _link.ScriptAsync(RedisScripts.Update, [record], arguments, Patient, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        var index = IndexKey(session.Key.RoutingTag, userId);
        try
        {
            return await _link.ScriptAsync(RedisScripts.Update, [record, index], arguments, Impatient, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (RedisFaults.IsOnTheMove(fault))
        {
            // Half of the slot is on another node, where one key alone is found. The index first: it must outlive what it names.
            var life = (change.Raise?.Lifetimes ?? session.Lifetimes).AbsoluteTimeout + SessionRecord.SkewMargin;
            await _link.RunAsync(write: true, index, database => database.KeyExpireAsync(index, life, ExpireWhen.GreaterThanCurrentExpiry, CommandFlags.DemandMaster), cancellationToken: CancellationToken.None).ConfigureAwait(false);
            return await _link.ScriptAsync(RedisScripts.Update, [record], arguments, Patient, cancellationToken: CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask<long> EndAsync(string[] parts, string? userId, string lineage, bool ofUser, CancellationToken cancellationToken)
    {
        List<RedisKey> keys = [.. parts.Select(part => RecordKey(part))];
        List<RedisValue> arguments = [RedisRows.Text(Now), userId is null ? "0" : "1", lineage, ofUser ? "1" : "0", userId ?? "", RedisRows.Text(SessionRecord.CurrentFormat), .. parts];
        if (userId is not null)
        {
            keys.Add(IndexKey(parts[0][..3], userId));
        }

        try
        {
            return (long)await _link.ScriptAsync(RedisScripts.End, [.. keys], [.. arguments], keys.Count > 1 ? Impatient : Patient, guarded: ofUser, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (keys.Count > 1 && RedisFaults.IsOnTheMove(fault))
        {
            // Half of the slot is on another node, where one key alone is found. The entries stay, and name sessions that are dead; listing heals that.
            long ended = 0;
            arguments[1] = "0";
            foreach (var record in keys.Take(parts.Length))
            {
                ended += (long)await _link.ScriptAsync(RedisScripts.End, [record], [.. arguments], Patient, guarded: ofUser, CancellationToken.None).ConfigureAwait(false);
            }

            return ended;
        }
    }

    private string TagOf(string userId) => GetSessionKey(CreateSessionId(userId)).RoutingTag;

    private static string[] Parts(RedisResult members) => [.. ((RedisValue[]?)members ?? []).Select(member => member.ToString())];

    private SessionKey KeyOf(string part) => SessionKey.Parse($"{Prefix}:{part}");

    private RedisKey RecordKey(SessionKey key) => RecordKey(key.KeyPart);

    private RedisKey RecordKey(string part) => string.Concat(_keyStart, part.AsSpan(0, 3), "}:s:", part);

    // A user id may hold braces; the hash tag is the first pair, which stands before it.
    private RedisKey IndexKey(string tag, string userId) => $"{Prefix}:{{{tag}}}:u:{userId}";

    /// <summary>What is known of a user's sessions when the cap is full: whom it may end, in order, and which entries do not count.</summary>
    private sealed record CapPlan(IReadOnlyList<RedisValue> Candidates, IReadOnlyList<RedisValue> Dead);
}
