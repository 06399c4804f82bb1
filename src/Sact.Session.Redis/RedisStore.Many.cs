using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Sact.Session;

public sealed partial class RedisStore
{
    // While users keep signing in, each pass over a cluster meets new sessions. Only those from before the call count.
    private const int MostPasses = 16;
    private static readonly RedisValue[] s_liveness = ["cr", "abs", "ls", "idl", "fst", "prs", "uid", "fmt"];

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        foreach (string[] batch in (await IndexAsync(userId, cancellationToken).ConfigureAwait(false)).Chunk(MostKeys))
        {
            var read = await ReadManyAsync(batch, userId, cancellationToken).ConfigureAwait(false);
            foreach (var found in read)
            {
                if (found.Readable is { } record && record.UserId == userId && record.IsLive(Clock.GetUtcNow()))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return record;
                }
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        string? kept = except is { } key && Owns(key) ? key.KeyPart : null;

        // A record and its entry are written together, so the index names all sessions that were created before this read. Each script
        // ends all that it is given.
        string[] parts = [.. (await IndexAsync(userId, cancellationToken).ConfigureAwait(false)).Where(part => part != kept)];
        if (parts.Length == 0)
        {
            // A server that was the master until a moment ago may have dropped its data to follow the new one: its answer does not count.
            var index = _keys.Index(TagOf(userId), userId);
            return (long)await _link.ScriptAsync(
                RedisScripts.Confirm, [index], [], Patient, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        long live = 0;
        foreach (string[] batch in parts.Chunk(MostKeys - 1))
        {
            live += await EndAsync(batch, userId, "", ofUser: true, CancellationToken.None).ConfigureAwait(false);
        }

        return live;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Reads all keys of every master with <c>SCAN</c>. On a cluster it repeats that until a pass meets nothing from before the call,
    /// because keys may move between nodes. It also works after a change of the <see cref="GenericStoreOptions.RoutingKey"/>, and makes
    /// the new one valid: stop the nodes that have the old one first.
    /// </remarks>
    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        long live = 0, began = Now;
        var masters = await _link.MastersAsync(guarded: false, cancellationToken).ConfigureAwait(false);
        bool cluster = masters.Count > 1;
        for (int pass = 0; ; pass++)
        {
            bool older = false;
            foreach (var master in pass == 0 ? masters : await _link.MastersAsync(guarded: false, cancellationToken).ConfigureAwait(false))
            {
                await foreach (var chunk in ChunksAsync(master, guarded: false, cancellationToken).ConfigureAwait(false))
                {
                    older |= chunk.Any(found => found.Meta is not { } meta || !meta[0].TryParse(out long created) || created <= began);
                    var ends = chunk
                        .GroupBy(found => (Tag: found.Part[..3], User: found.Meta?[6].ToString()), found => found.Part)
                        .SelectMany(group => group.Chunk(MostKeys - 1), (group, parts) => (group.Key.User, Parts: parts))
                        .Select(end => EndAsync(end.Parts, end.User, "", ofUser: false, cancellationToken));
                    live += (await Task.WhenAll(ends.Select(end => end.AsTask())).ConfigureAwait(false)).Sum();
                }
            }

            if (!cluster || !older)
            {
                await _link.ResetRoutingAsync().ConfigureAwait(false);
                return live;
            }

            if (pass == MostPasses)
            {
                throw new SessionStoreException(
                    "The cluster moves its keys faster than they can be ended. Try again when CLUSTER NODES shows no slot that moves.",
                    null,
                    outcomeUnknown: true);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Reads all keys of every master with <c>SCAN</c>. While a cluster moves slots the number is approximate.</remarks>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default)
    {
        long live = 0, now = Now;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var master in await _link.MastersAsync(guarded: true, cancellationToken).ConfigureAwait(false))
        {
            await foreach (var chunk in ChunksAsync(master, guarded: true, cancellationToken).ConfigureAwait(false))
            {
                // SCAN may return a key twice, and two nodes may return the same key.
                live += chunk.Count(found => found.Meta is { } meta && seen.Add(found.Part) && IsLive(meta, now));
            }
        }

        return live;
    }

    /// <summary>
    /// Whether a record is live, by <see cref="s_liveness"/>. One of a newer format that does not show it counts as live.
    /// </summary>
    private static bool IsLive(RedisValue[] meta, long now)
    {
        // A missing value would be read as zero.
        if (!Array.Exists(meta[..5], value => value.IsNull)
            && meta[0].TryParse(out long created)
            && meta[1].TryParse(out long absolute)
            && meta[2].TryParse(out long seen)
            && meta[3].TryParse(out long idle)
            && meta[4].TryParse(out long first))
        {
            return now < seen + (meta[5] == "1" ? idle : Math.Min(idle, first)) && now < created + absolute;
        }

        return meta[7].TryParse(out long format) && format > SessionRecord.CurrentFormat;
    }

    /// <summary>The records of a master, some hundred at a time.</summary>
    private async IAsyncEnumerable<(string Part, RedisValue[]? Meta)[]> ChunksAsync(
        IServer master, bool guarded, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parts = new List<string>(MostKeys);
        await foreach (var name in _link.ScanAsync(master, _keys.RecordPattern, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string text = name.ToString();
            string part = text[(text.LastIndexOf(':') + 1)..];

            // Another program may have a key that fits the pattern, and whose tag is not the one of its key part.
            if (SessionKey.TryParse($"{Prefix}:{part}", null, out var key) && text == RecordKey(key).ToString())
            {
                parts.Add(part);
            }

            if (parts.Count == MostKeys)
            {
                yield return await LivenessAsync(parts, guarded, cancellationToken).ConfigureAwait(false);
                parts.Clear();
            }
        }

        if (parts.Count > 0)
        {
            yield return await LivenessAsync(parts, guarded, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<(string Part, RedisValue[]? Meta)[]> LivenessAsync(List<string> parts, bool guarded, CancellationToken cancellationToken)
    {
        async Task<(string, RedisValue[]?)> OneAsync(string part)
        {
            var key = _keys.Record(part);
            try
            {
                return (part, await _link.RunAsync(
                    write: false,
                    key,
                    database => database.HashGetAsync(key, s_liveness, CommandFlags.DemandMaster),
                    guarded,
                    cancellationToken).ConfigureAwait(false));
            }
            catch (SessionStoreException fault) when (RedisFaults.IsWrongType(fault))
            {
                return (part, null);
            }
        }

        return Task.WhenAll(parts.Select(OneAsync));
    }

    private async ValueTask<string[]> IndexAsync(string userId, CancellationToken cancellationToken)
    {
        var index = _keys.Index(TagOf(userId), userId);
        var members = await _link.RunAsync(
            write: false,
            index,
            database => database.SortedSetRangeByRankAsync(index, flags: CommandFlags.DemandMaster),
            cancellationToken: cancellationToken).ConfigureAwait(false);
        return [.. members.Select(member => member.ToString())];
    }

    private async ValueTask<Found> ReadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var name = RecordKey(key);
        try
        {
            var hash = await _link.RunAsync(
                write: false,
                name,
                database => database.HashGetAllAsync(name, CommandFlags.DemandMaster),
                cancellationToken: cancellationToken).ConfigureAwait(false);
            if (RedisRows.NewerFormat(hash) is { } fault)
            {
                var meta = Array.ConvertAll(s_liveness, name => Array.Find(hash, entry => entry.Name == name).Value);
                return new Found(true, null, IsLive(meta, Now) ? fault : null);
            }

            return hash.Length == 0 ? new Found(false, null, null) : new Found(true, Parse(key, hash), null);
        }
        catch (SessionStoreException fault) when (RedisFaults.IsWrongType(fault))
        {
            LogUnreadable(key.ToString(), fault);
            return new Found(true, null, null);
        }
    }

    /// <summary>Reads records in one round trip, and removes the entries of those that no longer exist from the index.</summary>
    private async ValueTask<Found[]> ReadManyAsync(string[] parts, string userId, CancellationToken cancellationToken)
    {
        var read = await Task.WhenAll(parts.Select(part => ReadAsync(KeyOf(part), cancellationToken).AsTask())).ConfigureAwait(false);
        string[] gone = [.. parts.Where((_, i) => !read[i].Exists)];
        if (gone.Length > 0)
        {
            await HealAsync(gone, userId).ConfigureAwait(false);
        }

        return read;
    }

    /// <summary>
    /// Removes entries from the index whose record no longer exists. A failure here does not fail the call that found them.
    /// </summary>
    private async ValueTask HealAsync(string[] parts, string userId)
    {
        RedisKey[] keys = [.. parts.Select(_keys.Record), _keys.Index(parts[0][..3], userId)];
        try
        {
            RedisValue[] arguments = [.. parts.Select(part => (RedisValue)part)];
            await _link.ScriptAsync(RedisScripts.Heal, keys, arguments, attempts: 1).ConfigureAwait(false);
        }
        catch (SessionStoreException)
        {
        }
    }

    /// <summary>
    /// Reads a user's sessions and chooses which ones a full cap ends; null if it refuses. Entries of dead and unreadable sessions do
    /// not count. A session of a newer format counts, and is never ended here.
    /// </summary>
    private async ValueTask<CapPlan?> PlanAsync(
        SessionRecord session, SessionCap cap, string[] parts, CancellationToken cancellationToken)
    {
        var now = Clock.GetUtcNow();
        var live = new List<SessionRecord>();
        var dead = new List<RedisValue>();
        int newer = 0;
        foreach (string[] batch in parts.Where(part => part != session.Key.KeyPart).Chunk(MostKeys))
        {
            var read = await ReadManyAsync(batch, session.UserId!, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < batch.Length; i++)
            {
                if (read[i].Newer is not null)
                {
                    newer++;
                }
                else if (read[i].Record is { } record && record.UserId == session.UserId && record.IsLive(now))
                {
                    live.Add(record);
                }
                else if (read[i].Exists)
                {
                    dead.Add(batch[i]);
                }
            }
        }

        if (cap.Policy == SessionCapPolicy.Refuse)
        {
            return live.Count + newer < cap.Max ? new CapPlan([], dead) : null;
        }

        if (newer >= cap.Max)
        {
            throw new SessionStoreException(
                $"The cap is full of {newer} sessions of this user that a newer version wrote. This version does not end them. "
                + "Update Sact.Session on this machine.");
        }

        // More than are needed, in the cap's order: if others sign in meanwhile, the script takes the next ones of the list.
        var order = new SessionCap(1, cap.Policy).ChooseEnded(live, now)!;
        int most = Math.Max(MostKeys - 2, live.Count + newer + 1 - cap.Max);
        return new CapPlan([.. order.Take(most).Select(record => record.Key.KeyPart)], dead);
    }

    /// <summary>
    /// Keeps an index bounded without a cap: every 16th sign-in looks at the 16 oldest entries and at 32 others, because a few that
    /// live long must not hide the dead ones behind them. More entries are looked at than are added. A failure here does not fail the
    /// sign-in.
    /// </summary>
    private async ValueTask ProbeAsync(SessionRecord session, long size)
    {
        if (session.UserId is not { } userId || size < 32 || size % 16 != 0)
        {
            return;
        }

        var index = _keys.Index(session.Key.RoutingTag, userId);
        Task<RedisValue[]> ReadAsync(Func<IDatabase, Task<RedisValue[]>> command) => _link.RunAsync(write: false, index, command).AsTask();
        try
        {
            var oldest = ReadAsync(database => database.SortedSetRangeByRankAsync(index, 0, 15, flags: CommandFlags.DemandMaster));
            var others = ReadAsync(database => database.SortedSetRandomMembersAsync(index, 32, CommandFlags.DemandMaster));
            var members = await Task.WhenAll(oldest, others).ConfigureAwait(false);
            string[] parts = [.. members.SelectMany(found => found).Select(member => member.ToString()).Distinct()];
            if (parts.Length > 0)
            {
                await HealAsync(parts, userId).ConfigureAwait(false);
            }
        }
        catch (SessionStoreException)
        {
        }
    }

    private SessionRecord? Parse(SessionKey key, RedisResult flat)
    {
        var values = (RedisValue[]?)flat ?? [];
        var hash = new HashEntry[values.Length / 2];
        for (int i = 0; i < hash.Length; i++)
        {
            hash[i] = new HashEntry(values[i * 2], values[(i * 2) + 1]);
        }

        return RedisRows.NewerFormat(hash) is { } newer ? throw newer : Parse(key, hash);
    }

    /// <summary>An unreadable record is absent to this call, with one event. Other records are unaffected, and it is not deleted.</summary>
    private SessionRecord? Parse(SessionKey key, HashEntry[] hash)
    {
        try
        {
            return RedisRows.Read(key, hash);
        }
        catch (FormatException fault)
        {
            LogUnreadable(key.ToString(), fault);
            return null;
        }
    }

    /// <summary>
    /// What is stored under a key: nothing, a record, a live one of a newer format, or one that cannot be read or has expired.
    /// </summary>
    private readonly record struct Found(bool Exists, SessionRecord? Record, SessionStoreException? Newer)
    {
        /// <summary>The record. One of a newer format is a fault.</summary>
        public SessionRecord? Readable => Newer is null ? Record : throw Newer;
    }
}
