using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Sact.Session;

public sealed partial class RedisStore
{
    private static readonly RedisValue[] s_liveness = ["cr", "abs", "ls", "idl", "fst", "prs", "uid"];

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        string tag = TagOf(userId);
        foreach (string[] batch in (await IndexAsync(tag, userId, cancellationToken).ConfigureAwait(false)).Chunk(MostKeys))
        {
            var read = await ReadManyAsync(batch, tag, userId, cancellationToken).ConfigureAwait(false);
            foreach (var record in read.Where(record => record.UserId == userId && record.IsLive(Clock.GetUtcNow())))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return record;
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        string? kept = except is { } key && Owns(key) ? key.KeyPart : null;

        // A record and its entry are written together, so the index names all that were created before this read.
        string tag = TagOf(userId);
        long live = 0;
        foreach (string[] batch in (await IndexAsync(tag, userId, cancellationToken).ConfigureAwait(false)).Where(part => part != kept).Chunk(MostKeys - 1))
        {
            live += await EndAsync(batch, userId, "", CancellationToken.None).ConfigureAwait(false);
        }

        return live;
    }

    /// <inheritdoc/>
    /// <remarks>Goes through every master with <c>SCAN</c>.</remarks>
    public override async ValueTask<long> DeleteAllAsync(CancellationToken cancellationToken = default)
    {
        long live = 0;
        await foreach (var (part, meta) in ScanAsync(cancellationToken).ConfigureAwait(false))
        {
            live += await EndAsync([part], meta is null || meta[6].IsNull ? null : meta[6].ToString(), "", cancellationToken).ConfigureAwait(false);
        }

        return live;
    }

    /// <inheritdoc/>
    /// <remarks>Goes through every master with <c>SCAN</c>; while a cluster moves slots the number is approximate.</remarks>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default)
    {
        long live = 0, now = Now;
        await foreach (var (_, meta) in ScanAsync(cancellationToken).ConfigureAwait(false))
        {
            if (meta is not null && meta[0].TryParse(out long created) && meta[1].TryParse(out long absolute) && meta[2].TryParse(out long seen) && meta[3].TryParse(out long idle) && meta[4].TryParse(out long first))
            {
                long wait = meta[5] == "1" ? idle : Math.Min(idle, first);
                live += now < seen + wait && now < created + absolute ? 1 : 0;
            }
        }

        return live;
    }

    private async IAsyncEnumerable<(string Part, RedisValue[]? Meta)> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // SCAN may name a key twice.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var master in await _link.MastersAsync(cancellationToken).ConfigureAwait(false))
        {
            await foreach (var name in _link.ScanAsync(master, $"{Prefix}:{{*}}:s:*", cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                string text = name.ToString();
                string part = text[(text.LastIndexOf(':') + 1)..];

                // An index of a user whose id looks like a record's key is no record.
                if (SessionKey.TryParse($"{Prefix}:{part}", null, out var key) && text == RecordKey(key).ToString() && seen.Add(part))
                {
                    yield return (part, await LivenessAsync(name, cancellationToken).ConfigureAwait(false));
                }
            }
        }
    }

    private async ValueTask<RedisValue[]?> LivenessAsync(RedisKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await _link.RunAsync(write: false, key, database => database.HashGetAsync(key, s_liveness, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (IsWrongType(fault))
        {
            return null;
        }
    }

    private async ValueTask<string[]> IndexAsync(string tag, string userId, CancellationToken cancellationToken)
    {
        var index = IndexKey(tag, userId);
        var members = await _link.RunAsync(write: false, index, database => database.SortedSetRangeByRankAsync(index, flags: CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
        return [.. members.Select(member => member.ToString())];
    }

    private static bool IsWrongType(SessionStoreException fault) => fault.InnerException is RedisServerException server && server.Message.Contains("WRONGTYPE", StringComparison.Ordinal);

    private async ValueTask<(bool Stands, SessionRecord? Record)> ReadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var name = RecordKey(key);
        try
        {
            var hash = await _link.RunAsync(write: false, name, database => database.HashGetAllAsync(name, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
            return (hash.Length > 0, hash.Length > 0 ? Parse(key, hash) : null);
        }
        catch (SessionStoreException fault) when (IsWrongType(fault))
        {
            RedisLog.Unreadable(Logger, key.ToString(), fault);
            return (true, null);
        }
    }

    /// <summary>Reads records in one round trip, and takes the entries of those that are no more out of the index.</summary>
    private async ValueTask<List<SessionRecord>> ReadManyAsync(string[] parts, string tag, string userId, CancellationToken cancellationToken)
    {
        var read = await Task.WhenAll(parts.Select(part => ReadAsync(KeyOf(part), cancellationToken).AsTask())).ConfigureAwait(false);
        string[] gone = [.. parts.Where((_, i) => !read[i].Stands)];
        if (gone.Length > 0)
        {
            await HealAsync(gone, tag, userId).ConfigureAwait(false);
        }

        return [.. read.Where(one => one.Record is not null).Select(one => one.Record!)];
    }

    private async ValueTask HealAsync(string[] parts, string tag, string userId)
    {
        RedisKey[] keys = [.. parts.Select(part => RecordKey(part)), IndexKey(tag, userId)];
        await ScriptAsync(RedisScripts.Heal, keys, [.. parts.Select(part => (RedisValue)part)], CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>The live ones among the index's entries, and the entries that do not count under the cap: expired, unreadable, gone.</summary>
    private async ValueTask<(List<SessionRecord> Live, List<RedisValue> Dead)> SortAsync(string[] parts, SessionRecord session, CancellationToken cancellationToken)
    {
        var live = new List<SessionRecord>();
        var now = Clock.GetUtcNow();
        foreach (string[] batch in parts.Where(part => part != session.Key.KeyPart).Chunk(MostKeys))
        {
            var read = await ReadManyAsync(batch, TagOf(session.UserId!), session.UserId!, cancellationToken).ConfigureAwait(false);
            live.AddRange(read.Where(record => record.UserId == session.UserId && record.IsLive(now)));
        }

        var living = live.Select(record => record.Key.KeyPart).ToHashSet(StringComparer.Ordinal);
        return (live, [.. parts.Where(part => part != session.Key.KeyPart && !living.Contains(part)).Select(part => (RedisValue)part)]);
    }

    /// <summary>
    /// Keeps an index bounded that no cap keeps: now and then a sign-in looks at the 16 oldest entries, and at 16 others, since a few that live long must not hide the dead behind them. It costs what it
    /// costs after the sign-in has happened, and failing is no fault of the sign-in.
    /// </summary>
    private async ValueTask ProbeAsync(SessionRecord session, long size)
    {
        if (session.UserId is not { } userId || size < 32 || size % 16 != 0)
        {
            return;
        }

        try
        {
            string tag = TagOf(userId);
            var index = IndexKey(tag, userId);
            var oldest = await _link.RunAsync(write: false, index, database => database.SortedSetRangeByRankAsync(index, 0, 15, flags: CommandFlags.DemandMaster)).ConfigureAwait(false);
            var others = await _link.RunAsync(write: false, index, database => database.SortedSetRandomMembersAsync(index, 16, CommandFlags.DemandMaster)).ConfigureAwait(false);
            await HealAsync([.. oldest.Concat(others).Select(member => member.ToString()).Distinct()], tag, userId).ConfigureAwait(false);
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

        return Parse(key, hash);
    }

    /// <summary>An unreadable record is absent to this call, with one event; nobody else notices, and it is not deleted.</summary>
    private SessionRecord? Parse(SessionKey key, HashEntry[] hash)
    {
        try
        {
            return RedisRows.Read(key, hash);
        }
        catch (FormatException fault)
        {
            RedisLog.Unreadable(Logger, key.ToString(), fault);
            return null;
        }
    }
}
