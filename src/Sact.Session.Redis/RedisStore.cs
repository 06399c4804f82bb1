using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Sact.Session.Stores;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in Redis, Redis Cluster, Valkey or Garnet: the store for many machines. Durability class: an acknowledged write
/// survives until a failover loses it. <see cref="RedisStoreOptions.RequireReplicas"/> narrows that window. The server must have the
/// policy <c>noeviction</c>.
/// </summary>
/// <remarks>
/// A session is one string, the packed record. A read is one command on the master; a change, a sign-in and a sign-out are one script
/// each. The sessions of a user and their index share a hash slot. Every key has a TTL, which only removes what nobody needs: the
/// application's clock decides what is live. The store connects at its first use.
/// </remarks>
[DebuggerDisplay("RedisStore {Prefix}")]
public sealed class RedisStore
    : RecordStore, ISessionEndSource, IDescribedStore, IStoreHealthSource, ISessionQueryStore, IDisposable, IAsyncDisposable
{
    // While users keep signing in, each pass over a cluster meets new sessions. Only those from before the call count.
    private const int MostPasses = 16;

    // Where the length of the user id is, and the user id behind it.
    private const int UserOffset = RecordHeader.LineageOffset + SecretHash.Size;

    // After so many lost races the processes that write one session keep apart. A pause after fewer would delay a short burst.
    private const int RacesBeforePause = 16;
    private const int LongestPause = 4;

    private readonly RedisLink _link;
    private readonly RedisKeys _keys;
    private readonly RedisRecords _records;
    private readonly RedisUserIndex _index;
    private readonly RedisEndings _endings;
    private readonly RedisScan _scan;
    private readonly int _requiredReplicas;

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

        _requiredReplicas = options.RequireReplicas;
        _keys = new RedisKeys(options);
        _link = new RedisLink(options, Clock, time, Logger);
        _records = new RedisRecords(_link, _keys);
        _index = new RedisUserIndex(_link, _keys, TagOf);
        _endings = new RedisEndings(_link, _keys);
        _scan = new RedisScan(_link, _records, Clock);
    }

    /// <inheritdoc/>
    public StoreDescription Description => field ??= _link.Describe();

    /// <inheritdoc/>
    /// <remarks>
    /// It first reads the names of all keys of every master with <c>SCAN</c>. A session that is created after that lives, and one that is
    /// created meanwhile may end. On a cluster it repeats that until a pass meets nothing from before the call, because keys may move
    /// between nodes. It also works after a change of the <see cref="GenericStoreOptions.RoutingKey"/>, and makes the new one valid: stop
    /// the nodes that have the old one first.
    /// </remarks>
    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        var began = Clock.GetUtcNow();
        var masters = await _link.MastersAsync(guarded: false, cancellationToken).ConfigureAwait(false);

        // All names first. To end the sessions may take long, and those that are created meanwhile must not end.
        var known = new HashSet<SessionKey>();
        foreach (var master in masters)
        {
            await foreach (var some in _records.ScanAsync(master, cancellationToken).ConfigureAwait(false))
            {
                known.UnionWith(some);
            }
        }

        long live = 0;
        foreach (var some in known.Chunk(RedisRecords.Most))
        {
            live += (await EndAsync(some, static _ => true, cancellationToken).ConfigureAwait(false)).Live;
        }

        // Keys that moved between two nodes meanwhile may have been missed.
        for (int pass = 0; masters.Count > 1; pass++)
        {
            int older = 0;
            foreach (var master in await _link.MastersAsync(guarded: false, cancellationToken).ConfigureAwait(false))
            {
                await foreach (var some in _records.ScanAsync(master, cancellationToken).ConfigureAwait(false))
                {
                    var ended = await EndAsync(
                        some,
                        found => known.Contains(found.Key) || found.Value.Record is not { } record || record.CreatedAt <= began,
                        cancellationToken).ConfigureAwait(false);
                    older += ended.All;
                    live += ended.Live;
                }
            }

            if (older == 0)
            {
                break;
            }

            if (pass == MostPasses)
            {
                throw new SessionStoreException(
                    "The cluster moves its keys faster than they can be ended. Try again when CLUSTER NODES shows no slot that moves.",
                    null,
                    outcomeUnknown: true);
            }
        }

        await _link.ResetRoutingAsync().ConfigureAwait(false);
        ReportEnded(null);
        return live;
    }

    /// <inheritdoc/>
    /// <remarks>Reads all keys of every master with <c>SCAN</c>. While a cluster moves slots the number is approximate.</remarks>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        (await _scan.CountAsync(cancellationToken).ConfigureAwait(false)).Total;

    /// <inheritdoc/>
    /// <remarks>
    /// A query for a user reads the user's index. Any other one walks over all keys with <c>SCAN</c>, at most 512 keys a step, in no
    /// particular order, and may find a session twice.
    /// </remarks>
    public ValueTask<SessionPage> QueryAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        QueryAsync(query, _scan.RunAsync, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Reads all keys of every master with <c>SCAN</c>. While a cluster moves slots the numbers are approximate.</remarks>
    public ValueTask<SessionCounts> CountByStateAsync(CancellationToken cancellationToken = default) => _scan.CountAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>
    /// It subscribes to the channel <c>{prefix}:ended</c>. The scripts that end sessions publish the keys there. With an ACL both need
    /// <c>&amp;{prefix}:ended</c>; without it, open connections close by polling.
    /// </remarks>
    public IAsyncEnumerable<SessionKey?> ListenAsync(CancellationToken cancellationToken = default) =>
        _endings.ListenAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>It reads a key, and by one script <c>TIME</c> and <c>INFO</c> of every master. An ACL may refuse <c>INFO</c>.</remarks>
    public async ValueTask<StoreHealth> InspectAsync(CancellationToken cancellationToken = default)
    {
        await ReadAsync(GetSessionKey(CreateSessionId()), cancellationToken).ConfigureAwait(false);
        return await new RedisInspection(_link, Clock, _requiredReplicas).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the store's own connection. The application's is left open.</summary>
    public void Dispose() => _link.Dispose();

    /// <summary>Closes the store's own connection. The application's is left open.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    /// <inheritdoc/>
    protected override ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken) =>
        _records.ReadAsync(key, guarded: true, cancellationToken);

    /// <inheritdoc/>
    protected override async ValueTask<IReadOnlyDictionary<SessionKey, StoredRecord>> ReadManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken) =>
        new Dictionary<SessionKey, StoredRecord>(await _records.ReadAsync(keys, guarded: true, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The session has a user and its key has another routing tag than the user's.</exception>
    protected override async ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(admission);

        // The TTLs come from the lifetimes and not from the clock: a clock that is wrong must not shorten them.
        List<RedisKey> keys = [_keys.Record(session.Key), .. _keys.Index(session)];
        List<RedisValue> arguments = [session.Pack(), Ttl(LifeOf(session)), admission.Now.ToUnixTimeMilliseconds()];
        if (session.UserId is { } userId)
        {
            if (session.Key.RoutingTag != TagOf(userId))
            {
                throw new ArgumentException(
                    "The key of the record has another routing tag than its user's, and would be kept apart from the user's other sessions."
                    + " Make the id with this store's CreateSessionId(userId).",
                    nameof(session));
            }

            keys.AddRange(admission.Candidates.Select(marker => _keys.Record(marker.Key)));
            arguments.Add(Ttl(session.Lifetimes.AbsoluteTimeout));
            arguments.Add(RedisUserIndex.ScoreOf(session));
            arguments.Add(admission.Max);
            arguments.Add(session.Key.KeyPart);
            arguments.AddRange(admission.Ignored.Select(static key => (RedisValue)key.KeyPart));
            arguments.AddRange(admission.Candidates.Select(static marker => (RedisValue)marker.Key.KeyPart));
            arguments.AddRange(admission.Candidates.Select(static marker => (RedisValue)marker.Pack()));
        }

        var answer = await _link.ScriptAsync(
            RedisScripts.Add, [.. keys], [.. arguments], RedisLink.Patient, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (answer.Resp2Type != ResultType.Array)
        {
            return answer.Resp2Type == ResultType.Integer
                ? RecordAddition.Full
                : RecordAddition.Occupied(RedisRecords.Stored(session.Key, (RedisValue)answer));
        }

        await _index.ProbeAsync(session, (long)answer[0]).ConfigureAwait(false);
        return RecordAddition.Added(_keys.Parse(session.Key.RoutingTag, (RedisValue[]?)answer[1]));
    }

    /// <inheritdoc/>
    protected override async ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(replacement);

        // Format and kind are those of the replacement, so that no record of a newer format is replaced.
        byte[] packed = replacement.Pack();
        byte[] start = packed[..RecordHeader.ExpiresAtOffset];
        BinaryPrimitives.WriteInt64BigEndian(start.AsSpan(RecordHeader.VersionOffset), expected.Version);
        bool movesEnd = replacement.AbsoluteDeadline != expected.AbsoluteDeadline;
        bool moves = movesEnd || replacement.ExpiresAt != expected.ExpiresAt;
        var life = LifeOf(replacement);
        var indexLife = movesEnd ? replacement.Lifetimes.AbsoluteTimeout : life;
        RedisValue[] arguments =
        [
            start,
            expected.LineageHash.ToArray(),
            packed,
            moves ? Ttl(life) : "",
            Ttl(indexLife),
            RedisUserIndex.ScoreOf(replacement),
            expected.Key.KeyPart,
            replacement.Generation == expected.Generation ? "" : "1",
        ];
        RedisKey[] keys = [_keys.Record(expected.Key), .. moves ? _keys.Index(replacement) : []];
        RedisResult answer;
        try
        {
            answer = await ReplaceAsync(keys, keys.Length > 1 ? RedisLink.Impatient : RedisLink.Patient, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (keys.Length > 1 && RedisFaults.IsOnTheMove(fault))
        {
            // Half of the slot is on another node, where only scripts with one key work. The index comes first: it must outlive what it
            // names.
            await _link.RunAsync(
                write: true,
                keys[1],
                database => database.KeyExpireAsync(
                    keys[1], indexLife + SessionRecord.SkewMargin, ExpireWhen.GreaterThanCurrentExpiry, CommandFlags.DemandMaster),
                cancellationToken: CancellationToken.None).ConfigureAwait(false);
            answer = await ReplaceAsync([keys[0]], RedisLink.Patient, CancellationToken.None).ConfigureAwait(false);
        }

        return answer.Resp2Type == ResultType.Integer ? null : RedisRecords.Stored(expected.Key, (RedisValue)answer);

        ValueTask<RedisResult> ReplaceAsync(RedisKey[] some, int attempts, CancellationToken token) =>
            _link.ScriptAsync(RedisScripts.Replace, some, arguments, attempts, cancellationToken: token);
    }

    /// <inheritdoc/>
    protected override async ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        byte[] lineage = session.LineageHash.ToArray();
        return (await _records.EndAsync(
            [new(session.Key, marker)], _keys.Index(session), RecordHeader.LineageOffset, lineage, guarded: true, cancellationToken)
            .ConfigureAwait(false))[0];
    }

    /// <inheritdoc/>
    protected override async ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken)
    {
        byte[] user = new byte[sizeof(ushort) + Encoding.UTF8.GetByteCount(userId)];
        BinaryPrimitives.WriteUInt16BigEndian(user, (ushort)Encoding.UTF8.GetBytes(userId, user.AsSpan(sizeof(ushort))));
        RedisRecords.Ending[] endings = [.. markers.Select(static marker => new RedisRecords.Ending(marker.Key, marker))];
        cancellationToken.ThrowIfCancellationRequested();
        long live = 0;

        // Also without a session to end: a server that was the master until a moment ago may have dropped its data. The script finds
        // that out.
        foreach (var batch in endings.Length > 0 ? endings.Chunk(RedisRecords.Most - 1) : [[]])
        {
            live += Live(await _records.EndAsync(
                batch, [_keys.Index(TagOf(userId), userId)], UserOffset, user, guarded: true, CancellationToken.None)
                .ConfigureAwait(false));
        }

        return live;
    }

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var batch in (await _index.ReadAsync(userId, cancellationToken).ConfigureAwait(false)).Chunk(RedisRecords.Most))
        {
            var read = await _records.ReadAsync(batch, guarded: true, cancellationToken).ConfigureAwait(false);
            SessionKey[] gone = [.. read.Where(found => !found.Value.Exists || found.Value.IsEnded).Select(found => found.Key)];
            if (gone.Length > 0)
            {
                await _index.HealAsync(gone, userId).ConfigureAwait(false);
            }

            foreach (var found in read)
            {
                yield return found;
            }
        }
    }

    /// <inheritdoc/>
    protected override TimeSpan PauseAfter(int lostRaces) => lostRaces < RacesBeforePause
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, LongestPause + 1));

    /// <inheritdoc/>
    protected override bool IsSettledByRead(SessionStoreException exception) => _requiredReplicas == 0;

    /// <summary>A TTL: a time limit, and the margin by which clocks may differ.</summary>
    private static long Ttl(TimeSpan limit) => (long)(limit + SessionRecord.SkewMargin).TotalMilliseconds;

    private static TimeSpan LifeOf(SessionRecord session)
    {
        var (idle, first, absolute) =
            (session.Lifetimes.IdleTimeout, session.Lifetimes.FirstUseTimeout, session.Lifetimes.AbsoluteTimeout);
        var life = idle < absolute ? idle : absolute;
        return session.Presented || life < first ? life : first;
    }

    /// <summary>Ends those of some sessions that a condition selects, of whatever user.</summary>
    /// <returns>How many were selected, and how many of them were live.</returns>
    private async Task<(int All, long Live)> EndAsync(
        SessionKey[] some, Func<KeyValuePair<SessionKey, StoredRecord>, bool> ends, CancellationToken cancellationToken)
    {
        var found = await _records.ReadAsync(some, guarded: false, cancellationToken).ConfigureAwait(false);
        KeyValuePair<SessionKey, StoredRecord>[] selected =
        [
            .. found.Where(found => found.Value is { IsEnded: false, IsNoteWithoutUser: false } && ends(found)),
        ];
        var ended = selected
            .GroupBy(found => (Tag: found.Key.RoutingTag, User: found.Value.Header.UserId), found => found.Key)
            .SelectMany(group => group.Chunk(RedisRecords.Most - 1), (group, keys) => _records.EndAsync(
                [.. keys.Select(static key => new RedisRecords.Ending(key, null))],
                group.Key.User is { } user ? [_keys.Index(group.Key.Tag, user)] : [],
                0,
                [],
                guarded: false,
                cancellationToken));
        return (selected.Length, (await Task.WhenAll(ended).ConfigureAwait(false)).Sum(Live));
    }

    private long Live(IReadOnlyList<StoredRecord> ended)
    {
        var now = Clock.GetUtcNow();
        return ended.Count(stored => stored.IsLiveSession(now));
    }

    private string TagOf(string userId) => GetSessionKey(CreateSessionId(userId)).RoutingTag;
}
