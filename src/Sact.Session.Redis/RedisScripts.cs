using Sact.Session.Stores;

namespace Sact.Session;

/// <summary>
/// The scripts. They compare bytes at the places of <see cref="RecordHeader"/>, and use only the keys that they declare, which are all of
/// one slot. A script that changes nothing answers only after a write without effect (<c>unchanged</c>), which a deposed master refuses.
/// Such a server may be empty while it follows the new master, and would otherwise answer a sign-out with "there is no session".
/// A script that ends a session publishes its key. A server that refuses that, such as one whose ACL lists no channel, ends it as well.
/// </summary>
internal static class RedisScripts
{
    private const int Lineage = RecordHeader.LineageOffset;
    private const int LineageEnd = Lineage + SecretHash.Size;

    // How long a marker lasts, in milliseconds.
    private static readonly long Life = (long)EndedMarker.Lifetime.TotalMilliseconds;

    // A key of another type holds no record, as foreign bytes do. A server whose memory is full refuses a marker and no deletion.
    private static readonly string Shared = $$"""
        local function get(key)
          local value = redis.pcall('GET', key)
          if type(value) ~= 'table' then return value end
          return string.find(value.err, 'WRONGTYPE') and '' or redis.call('GET', key)
        end
        local function has(value, offset, bytes) return string.sub(value, offset + 1, offset + #bytes) == bytes end
        local function marks(value) return value and string.byte(value, {{RecordHeader.KindOffset + 1}}) == {{(int)RecordKind.Ended}} end
        local function report(key) return redis.pcall('PUBLISH', string.match(key, '^[^:]+:') .. 'ended', key) and true end
        local function mark(key, value, marker)
          if not value or marks(value) then return false end
          local kept = marker ~= '' and not redis.pcall('SET', key, marker, 'PX', {{Life}}).err
          return (kept or redis.call('DEL', key)) and report(key) and value
        end
        local function extend(key, ttl) return redis.call('PTTL', key) < tonumber(ttl) and redis.call('PEXPIRE', key, ttl) end
        local function unchanged(key, answer)
          local refused = redis.pcall('ZREM', key, ''); local fault = type(refused) == 'table' and refused.err or ''
          return (string.find(fault, 'READONLY') or string.find(fault, 'NOREPLICAS')) and refused or answer
        end

        """;

    /// <summary>
    /// KEYS: record, index (none for an anonymous session), then the records that may end, in order. ARGV: record, TTL, now, TTL of the
    /// index, score, cap (0: none), key part, ignored key parts, key parts of those that may end, their markers. Answers an array of the
    /// size of the index before and the key parts that were ended, or 0 if the cap is full, or else what is already there. An expired
    /// record is replaced, and the marker of this very session is not. The deadline is a float, because a foreign value must not overflow
    /// to an expired one.
    /// </summary>
    public static readonly RedisScript Add = new(Shared + $$"""
        local old, deadline, size, ended, named = get(KEYS[1]), 0.0, 0, {}, #ARGV - 2 * (#KEYS - 2)
        for i = {{RecordHeader.ExpiresAtOffset + 1}}, old and {{RecordHeader.ExpiresAtOffset + sizeof(long)}} or 0 do
          deadline = deadline * 256 + (string.byte(old, i) or 255)
        end
        local same = old and has(old, {{Lineage}}, string.sub(ARGV[1], {{Lineage + 1}}, {{LineageEnd}}))
        if marks(old) then deadline = same and deadline + {{Life}} or 0 end
        if deadline > tonumber(ARGV[3]) then return unchanged(KEYS[1], old) end
        if KEYS[2] then
          size = redis.call('ZCARD', KEYS[2])
          local excess, chosen = tonumber(ARGV[6]) > 0 and size + 1 - tonumber(ARGV[6]) or 0, {}
          for i = 7, excess > 0 and named or 0 do excess = excess - (redis.call('ZSCORE', KEYS[2], ARGV[i]) and 1 or 0) end
          for i = 3, #KEYS do
            if #chosen < excess and redis.call('ZSCORE', KEYS[2], ARGV[named + i - 2]) then chosen[#chosen + 1] = i end
          end
          if #chosen < excess then return unchanged(KEYS[1], 0) end
          for _, i in ipairs(chosen) do
            if mark(KEYS[i], get(KEYS[i]), ARGV[#ARGV - #KEYS + i]) then ended[#ended + 1] = ARGV[named + i - 2] end
            redis.call('ZREM', KEYS[2], ARGV[named + i - 2])
          end
          redis.call('ZADD', KEYS[2], ARGV[5], ARGV[7])
          extend(KEYS[2], ARGV[4])
        end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return {size, ended}
        """);

    /// <summary>
    /// KEYS: record, index (where the deadline moves). ARGV: the first bytes and the lineage of the expected record, the new record, its
    /// TTL ('': as it is), TTL of the index, score, key part, whether the id was replaced at once (''
    /// for no). Answers 1, or else what is there. The index comes first, because it must outlive what it names.
    /// </summary>
    public static readonly RedisScript Replace = new(Shared + $$"""
        local old = get(KEYS[1])
        local expected = old and has(old, 0, ARGV[1]) and has(old, {{Lineage}}, ARGV[2])
        if not expected then return unchanged(KEYS[1], old) end
        if KEYS[2] then
          redis.call('ZADD', KEYS[2], 'XX', ARGV[6], ARGV[7])
          extend(KEYS[2], ARGV[5])
        end
        if ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL') else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
        return (ARGV[8] == '' or report(KEYS[1])) and 1
        """);

    /// <summary>
    /// KEYS: records, then the index if there is one. ARGV: an offset, the bytes that a record must have there, then the key part and the
    /// marker of each record ('': none, so that nothing is left). Ends those records and their entries, and the entries of records that are
    /// not there. Answers what was ended, in order.
    /// </summary>
    public static readonly RedisScript End = new(Shared + """
        local ended, values, index = 0, {}, KEYS[#ARGV / 2]
        for i = 1, #ARGV / 2 - 1 do
          local value = get(KEYS[i])
          values[i] = value and has(value, tonumber(ARGV[1]), ARGV[2]) and mark(KEYS[i], value, ARGV[2 * i + 2])
          if values[i] then ended = ended + 1 end
          if index and (values[i] or not value or marks(value)) then redis.pcall('ZREM', index, ARGV[2 * i + 1]) end
        end
        return ended > 0 and values or unchanged(KEYS[1], values)
        """);
}
