using Sact.Session.Stores;

namespace Sact.Session;

/// <summary>
/// The scripts. They compare bytes at the places of <see cref="RecordHeader"/>, and use only the keys that they declare, which are all of
/// one slot. A script that changes nothing answers only after a write without effect (<c>unchanged</c>), which a deposed master refuses.
/// Such a server may be empty while it follows the new master, and would otherwise answer a sign-out with "there is no session".
/// </summary>
internal static class RedisScripts
{
    /// <summary>
    /// KEYS: record, index (none for an anonymous session), then the records that may end, in order. ARGV: record, TTL, now, TTL of the
    /// index, score, cap (0: none), key part, ignored key parts, key parts of those that may end. Answers an array of the size
    /// of the index before and the key parts that were ended, or 0 if the cap is full, or else what is already there. An expired record
    /// is replaced. The deadline is a float, because a foreign value must not overflow to an expired one.
    /// </summary>
    public static readonly string Add = Shared + $$"""
        local old, deadline, size, ended, named = get(KEYS[1]), 0.0, 0, {}, #ARGV - #KEYS + 2
        for i = {{RecordHeader.ExpiresAtOffset + 1}}, old and {{RecordHeader.ExpiresAtOffset + sizeof(long)}} or 0 do
          deadline = deadline * 256 + (string.byte(old, i) or 255)
        end
        if deadline > tonumber(ARGV[3]) then return unchanged(KEYS[1], old) end
        if KEYS[2] then
          local max, chosen = tonumber(ARGV[6]), {}
          size = redis.call('ZCARD', KEYS[2])
          local excess = max > 0 and size + 1 - max or 0
          for i = 7, excess > 0 and named or 0 do
            if redis.call('ZSCORE', KEYS[2], ARGV[i]) then excess = excess - 1 end
          end
          for i = 3, #KEYS do
            if #chosen < excess and redis.call('ZSCORE', KEYS[2], ARGV[named + i - 2]) then chosen[#chosen + 1] = i end
          end
          if #chosen < excess then return unchanged(KEYS[1], 0) end
          for _, i in ipairs(chosen) do
            if redis.call('DEL', KEYS[i]) == 1 then ended[#ended + 1] = ARGV[named + i - 2] end
            redis.call('ZREM', KEYS[2], ARGV[named + i - 2])
          end
          redis.call('ZADD', KEYS[2], ARGV[5], ARGV[7])
          extend(KEYS[2], ARGV[4])
        end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return {size, ended}
        """;

    /// <summary>
    /// KEYS: record, index (where the deadline moves). ARGV: the first bytes and the lineage of the expected record, the new record, its
    /// TTL ('': as it is), TTL of the index, score, key part. Answers 1, or else what is there. The index comes first,
    /// because it must outlive what it names.
    /// </summary>
    public static readonly string Replace = Shared + $$"""
        local old = get(KEYS[1])
        if not old or not has(old, 0, ARGV[1]) or not has(old, {{RecordHeader.LineageOffset}}, ARGV[2]) then
          return unchanged(KEYS[1], old)
        end
        if KEYS[2] then
          redis.call('ZADD', KEYS[2], 'XX', ARGV[6], ARGV[7])
          extend(KEYS[2], ARGV[5])
        end
        if ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL') else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
        return 1
        """;

    /// <summary>
    /// KEYS: records, then the index if there is one. ARGV: an offset, the bytes that a record must have there, then the key parts of the
    /// records. Ends those records and their entries, and the entries of records that are not there. Answers what was ended, in order.
    /// </summary>
    public static readonly string End = Shared + """
        local ended, values, index = 0, {}, KEYS[#ARGV - 1]
        for i = 1, #ARGV - 2 do
          local value = get(KEYS[i])
          local ends = value and has(value, tonumber(ARGV[1]), ARGV[2])
          if ends then ended = ended + redis.call('DEL', KEYS[i]) end
          if index and (ends or not value) then redis.pcall('ZREM', index, ARGV[i + 2]) end
          values[i] = ends and value
        end
        return ended > 0 and values or unchanged(KEYS[1], values)
        """;

    // A key of another type holds no record, as foreign bytes do.
    private const string Shared = """
        local function get(key)
          local value = redis.pcall('GET', key)
          if type(value) ~= 'table' then return value end
          return string.find(value.err, 'WRONGTYPE') and '' or redis.call('GET', key)
        end
        local function has(value, offset, bytes) return string.sub(value, offset + 1, offset + #bytes) == bytes end
        local function extend(key, ttl)
          if redis.call('PTTL', key) < tonumber(ttl) then redis.call('PEXPIRE', key, ttl) end
        end
        local function unchanged(key, answer)
          local refused = redis.pcall('ZREM', key, '')
          local fault = type(refused) == 'table' and refused.err or ''
          return (string.find(fault, 'READONLY') or string.find(fault, 'NOREPLICAS')) and refused or answer
        end

        """;
}
