using Sact.Session.Stores;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>The index of a user's sessions: a sorted set of their key parts, by their absolute deadlines.</summary>
internal sealed class RedisUserIndex(RedisLink link, RedisKeys keys, Func<string, string> tagOf)
{
    private const int Oldest = 16;
    private const int Others = 32;

    /// <summary>
    /// The absolute deadline in seconds. It only decides where dead entries are looked for, and Redis keeps it in half the bytes.
    /// </summary>
    public static long ScoreOf(SessionRecord session) => session.AbsoluteDeadline.ToUnixTimeSeconds();

    public async ValueTask<SessionKey[]> ReadAsync(string userId, CancellationToken cancellationToken)
    {
        string tag = tagOf(userId);
        var index = keys.Index(tag, userId);
        return keys.Parse(tag, await link.RunAsync(
            write: false,
            index,
            database => database.SortedSetRangeByRankAsync(index, flags: CommandFlags.DemandMaster),
            cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Removes entries whose record no longer exists. No record has bytes at that offset, so none ends. A failure here does not fail the
    /// call that found them.
    /// </summary>
    public async ValueTask HealAsync(SessionKey[] some, string userId)
    {
        try
        {
            await link.ScriptAsync(
                RedisScripts.End,
                [.. some.Select(keys.Record), keys.Index(tagOf(userId), userId)],
                [int.MaxValue, "-", .. some.SelectMany(static key => (RedisValue[])[key.KeyPart, RedisValue.EmptyString])],
                attempts: 1).ConfigureAwait(false);
        }
        catch (SessionStoreException)
        {
        }
    }

    /// <summary>
    /// Keeps an index bounded without a cap: every 16th sign-in looks at the 16 oldest entries and at 32 others, because a few that
    /// live long must not hide the dead ones behind them. More entries are looked at than are added. A failure here does not fail the
    /// sign-in.
    /// </summary>
    public async ValueTask ProbeAsync(SessionRecord session, long size)
    {
        if (session.UserId is not { } userId || size < Others || size % Oldest != 0)
        {
            return;
        }

        var index = keys.Index(session.Key.RoutingTag, userId);
        Task<RedisValue[]> ReadAsync(Func<IDatabase, Task<RedisValue[]>> command) => link.RunAsync(write: false, index, command).AsTask();
        try
        {
            var oldest = ReadAsync(
                database => database.SortedSetRangeByRankAsync(index, 0, Oldest - 1, flags: CommandFlags.DemandMaster));
            var others = ReadAsync(database => database.SortedSetRandomMembersAsync(index, Others, CommandFlags.DemandMaster));
            var members = await Task.WhenAll(oldest, others).ConfigureAwait(false);
            await HealAsync(
                keys.Parse(session.Key.RoutingTag, [.. members.SelectMany(found => found).Distinct()]), userId).ConfigureAwait(false);
        }
        catch (SessionStoreException)
        {
        }
    }
}
