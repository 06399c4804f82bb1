using System.Diagnostics;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in Redis, Redis Cluster, Valkey or Garnet: the store for many machines. Durability class: an acknowledged write
/// survives until a failover loses it. <see cref="RedisStoreOptions.RequireReplicas"/> narrows that window. The server must have the
/// policy <c>noeviction</c>.
/// </summary>
/// <remarks>
/// A read is one command on the master. A change, a sign-in and a sign-out are one script each. The sessions of a user and their index
/// share a hash slot. Every key has a TTL, which only removes what nobody needs: the application's clock decides what is live. The
/// store connects at its first use.
/// </remarks>
[DebuggerDisplay("RedisStore {Prefix}")]
public sealed partial class RedisStore : GenericStore, IDisposable, IAsyncDisposable
{
    // Parallel sign-ins of one user at a full cap invalidate each other's choice, but one of them always succeeds.
    private const int MostAttempts = 256;
    private const int MostKeys = 256;

    // How often a script is sent while a cluster moves its keys: for a quarter of a second, and for three seconds.
    private const int Impatient = 8;
    private const int Patient = 30;
    private readonly RedisLink _link;
    private readonly RedisKeys _keys;

    /// <summary>Reads the options. The store connects at its first use.</summary>
    /// <param name="options">The configuration or a connection, and the rest.</param>
    /// <exception cref="ArgumentException">
    /// An option breaks its rule, or the connection string is malformed. The message says what is wrong and does not repeat the string.
    /// </exception>
    public RedisStore(RedisStoreOptions options)
        : this(options, TimeProvider.System)
    {
    }

    /// <summary>With the time by which outages are judged, for tests.</summary>
    internal RedisStore(RedisStoreOptions options, TimeProvider time)
        : base(options)
    {
        if (options.Database < -1)
        {
            throw new ArgumentException(
                "Database must be -1 or the number of a database. Change RedisStoreOptions.Database.", nameof(options));
        }

        if (options.RequireReplicas is < 0 or > 64)
        {
            throw new ArgumentException("RequireReplicas must be from 0 to 64. Change RedisStoreOptions.RequireReplicas.", nameof(options));
        }

        if (options.ReplicaTimeout < TimeSpan.FromMilliseconds(1) || options.ReplicaTimeout > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentException(
                "ReplicaTimeout must be from 1 millisecond to 1 minute. Change RedisStoreOptions.ReplicaTimeout.", nameof(options));
        }

        _keys = new RedisKeys(options);
        _link = new RedisLink(options, Clock, time, Logger);
    }

    private long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Owns(key)
        && (await ReadAsync(key, cancellationToken).ConfigureAwait(false)).Readable is { } record
        && record.IsLive(Clock.GetUtcNow()) ? record : null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Also if the session has a user and its key has another routing tag than the user's.</exception>
    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        if (session.UserId is { } userId && session.Key.RoutingTag != TagOf(userId))
        {
            throw new ArgumentException(
                "The key of the record has another routing tag than its user's, and would be kept apart from the user's other sessions. "
                + "Make the id with this store's CreateSessionId(userId).",
                nameof(session));
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
                    return Parse(session.Key, answer[1])?.IsSameCreation(session) == true
                        ? SessionCreation.Created()
                        : SessionCreation.Exists;
                default:
                    if (await PlanAsync(session, cap!, Parts(answer[1]), cancellationToken).ConfigureAwait(false) is not { } made)
                    {
                        return SessionCreation.CapReached;
                    }

                    plan = made;
                    break;
            }
        }

        throw new SessionStoreException("One user signed in too often at the same time. Try again.");
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(change);
        ThrowIfBadChange(change);
        if (!Owns(session.Key))
        {
            return SessionUpdate.Gone;
        }

        var arguments = RedisChange.Arguments(session, change, Clock.GetUtcNow());
        var answer = (RedisResult[])(await UpdateAsync(session, change, arguments, cancellationToken).ConfigureAwait(false))!;
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
        string lineage = RedisRows.Text(session.LineageHash);
        return Owns(session.Key)
            && await EndAsync([session.Key.KeyPart], session.UserId, lineage, ofUser: true, cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <summary>Closes the store's own connection. The application's is left open.</summary>
    public void Dispose() => _link.Dispose();

    /// <summary>Closes the store's own connection. The application's is left open.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private async Task<RedisResult[]> CreateAsync(SessionRecord session, SessionCap? cap, CapPlan plan, CancellationToken cancellationToken)
    {
        var lifetimes = session.Lifetimes;
        var idle = lifetimes.IdleTimeout < lifetimes.AbsoluteTimeout ? lifetimes.IdleTimeout : lifetimes.AbsoluteTimeout;
        var life = session.Presented || lifetimes.FirstUseTimeout > idle ? idle : lifetimes.FirstUseTimeout;
        List<RedisKey> keys = [RecordKey(session.Key)];
        if (session.UserId is { } userId)
        {
            keys.Add(_keys.Index(session.Key.RoutingTag, userId));
            keys.AddRange(plan.Candidates.Select(part => _keys.Record(part.ToString())));
        }

        // The TTLs come from the lifetimes and not from the clock: a clock that is wrong must not shorten them.
        List<RedisValue> arguments =
        [
            session.Key.KeyPart,
            RedisRows.Text(session.AbsoluteDeadline),
            RedisRows.Text(life + SessionRecord.SkewMargin),
            RedisRows.Text(lifetimes.AbsoluteTimeout + SessionRecord.SkewMargin),
            cap?.Max ?? 0,
            RedisRows.Text(Now),
            RedisRows.Text(SessionRecord.CurrentFormat),
            plan.Dead.Count,
            .. plan.Dead,
            .. plan.Candidates,
            .. RedisRows.Write(session),
        ];
        var answer = await _link.ScriptAsync(
            RedisScripts.Create, [.. keys], [.. arguments], Patient, cancellationToken: cancellationToken).ConfigureAwait(false);
        return (RedisResult[])answer!;
    }

    private async ValueTask<RedisResult> UpdateAsync(
        SessionRecord session, SessionChange change, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var record = RecordKey(session.Key);
        if (session.UserId is not { } userId || (change.Touch is null && change.Raise is null))
        {
            return await _link.ScriptAsync(
                RedisScripts.Update, [record], arguments, Patient, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        var index = _keys.Index(session.Key.RoutingTag, userId);
        try
        {
            return await _link.ScriptAsync(
                RedisScripts.Update, [record, index], arguments, Impatient, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (RedisFaults.IsOnTheMove(fault))
        {
            // Half of the slot is on another node, where only scripts with one key work. The index comes first: it must outlive what it
            // names.
            var life = (change.Raise?.Lifetimes ?? session.Lifetimes).AbsoluteTimeout + SessionRecord.SkewMargin;
            await _link.RunAsync(
                write: true,
                index,
                database => database.KeyExpireAsync(index, life, ExpireWhen.GreaterThanCurrentExpiry, CommandFlags.DemandMaster),
                cancellationToken: CancellationToken.None).ConfigureAwait(false);
            return await _link.ScriptAsync(
                RedisScripts.Update, [record], arguments, Patient, cancellationToken: CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask<long> EndAsync(string[] parts, string? userId, string lineage, bool ofUser, CancellationToken cancellationToken)
    {
        List<RedisKey> keys = [.. parts.Select(_keys.Record)];
        List<RedisValue> arguments =
        [
            RedisRows.Text(Now),
            userId is null ? "0" : "1",
            lineage,
            ofUser ? "1" : "0",
            userId ?? "",
            RedisRows.Text(SessionRecord.CurrentFormat),
            .. parts,
        ];
        if (userId is not null)
        {
            keys.Add(_keys.Index(parts[0][..3], userId));
        }

        async ValueTask<long> RunAsync(RedisKey[] some, int attempts, CancellationToken token) =>
            (long)await _link.ScriptAsync(RedisScripts.End, some, [.. arguments], attempts, guarded: ofUser, token).ConfigureAwait(false);
        try
        {
            return await RunAsync([.. keys], keys.Count > 1 ? Impatient : Patient, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (keys.Count > 1 && RedisFaults.IsOnTheMove(fault))
        {
            // Half of the slot is on another node, where only scripts with one key work. The entries stay and name dead sessions;
            // listing heals that.
            long ended = 0;
            arguments[1] = "0";
            foreach (var record in keys.Take(parts.Length))
            {
                ended += await RunAsync([record], Patient, CancellationToken.None).ConfigureAwait(false);
            }

            return ended;
        }
    }

    private string TagOf(string userId) => GetSessionKey(CreateSessionId(userId)).RoutingTag;

    private static string[] Parts(RedisResult members) => [.. ((RedisValue[]?)members ?? []).Select(member => member.ToString())];

    private SessionKey KeyOf(string part) => SessionKey.Parse($"{Prefix}:{part}");

    private RedisKey RecordKey(SessionKey key) => _keys.Record(key.KeyPart);

    /// <summary>
    /// What is known of a user's sessions when the cap is full: which ones it may end, in order, and which entries do not count.
    /// </summary>
    private sealed record CapPlan(IReadOnlyList<RedisValue> Candidates, IReadOnlyList<RedisValue> Dead);
}
