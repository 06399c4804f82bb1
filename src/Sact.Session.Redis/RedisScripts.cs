namespace Sact.Session;

/// <summary>
/// The scripts. Each uses only the keys that it declares, which are all of one slot. None reads JSON. The application's clock, which is
/// an argument, decides what is live. Numbers are written as the string that came in, because Lua would round or abbreviate them. A
/// script that changes nothing answers only after a write without effect (<c>unchanged</c>), which a deposed master refuses. Such a
/// server may be empty while it follows the new master, and would otherwise answer a sign-out with "there is no session".
/// </summary>
internal static class RedisScripts
{
    private const string Shared = """
        local unpack = unpack or table.unpack
        local function map(flat)
          local h = {}
          for i = 1, #flat, 2 do h[flat[i]] = flat[i + 1] end
          return h
        end
        local function whole(text)
          return text and #text <= 15 and string.find(text, '^%-?%d+$') and tonumber(text) or nil
        end
        local function live(h, now)
          local created, absolute, seen, idle, first = whole(h.cr), whole(h.abs), whole(h.ls), whole(h.idl), whole(h.fst)
          if not (created and absolute and seen and idle and first) then return nil end
          local wait = idle
          if h.prs ~= '1' and first < idle then wait = first end
          return now < seen + wait and now < created + absolute
        end
        local function newer(h, format)
          local its = tonumber(h.fmt)
          return its ~= nil and its > tonumber(format)
        end
        local function put(key, list)
          for i = 1, #list, 400 do redis.call('HSET', key, unpack(list, i, math.min(i + 399, #list))) end
        end
        local function extend(key, ttl)
          if redis.call('PTTL', key) < tonumber(ttl) then redis.call('PEXPIRE', key, ttl) end
        end
        local function unchanged(key, answer)
          local refused = redis.pcall('HDEL', key, '')
          local function says(word) return string.find(refused.err, word, 1, true) end
          if type(refused) == 'table' and refused.err and (says('READONLY') or says('NOREPLICAS')) then return refused end
          return answer
        end

        """;

    /// <summary>
    /// KEYS: record, index (none for an anonymous session), then the records that the cap may end, in its order. ARGV: key part,
    /// absolute deadline, TTL of the record, TTL of the index, cap (0: none), now, format, number of dead entries, their key parts, the
    /// key parts of those that the cap may end, then names and values. Answers 'X' and the record that is already there; 'F' and the
    /// index if the cap is full and needs a choice; 'C', the size of the index, and the key parts that were ended. An expired record is
    /// replaced.
    /// </summary>
    public const string Create = Shared + """
        local rec, idx = KEYS[1], KEYS[2]
        local old = redis.pcall('HGETALL', rec)
        if old.err then return unchanged(rec, {'X', {}}) end
        if #old > 0 then
          local h = map(old)
          if newer(h, ARGV[7]) or live(h, tonumber(ARGV[6])) ~= false then return unchanged(rec, {'X', old}) end
        end
        local card, max, dead = 0, tonumber(ARGV[5]), tonumber(ARGV[8])
        local ended = {}
        local after = 8 + dead
        if idx then
          card = redis.call('ZCARD', idx)
          if max > 0 then
            local others = card
            if redis.call('ZSCORE', idx, ARGV[1]) then others = others - 1 end
            for i = 9, after do
              if redis.call('ZSCORE', idx, ARGV[i]) then others = others - 1 end
            end
            local chosen = {}
            for i = 3, #KEYS do
              if #chosen < others + 1 - max and redis.call('ZSCORE', idx, ARGV[after + i - 2]) then chosen[#chosen + 1] = i end
            end
            if #chosen < others + 1 - max then return unchanged(rec, {'F', redis.call('ZRANGE', idx, 0, -1)}) end
            for _, i in ipairs(chosen) do
              local member = ARGV[after + i - 2]
              if redis.call('DEL', KEYS[i]) == 1 then ended[#ended + 1] = member end
              redis.call('ZREM', idx, member)
            end
          end
          after = after + #KEYS - 2
        end
        if #old > 0 then redis.call('DEL', rec) end
        local list = {}
        for i = after + 1, #ARGV do list[#list + 1] = ARGV[i] end
        put(rec, list)
        redis.call('PEXPIRE', rec, ARGV[3])
        if idx then
          redis.call('ZADD', idx, ARGV[2], ARGV[1])
          extend(idx, ARGV[4])
        end
        return {'C', card, ended}
        """;

    /// <summary>
    /// KEYS: record, index (where its TTL may have to grow). ARGV as <see cref="RedisChange"/> writes them. Answers a status and the
    /// record: 0 gone, 1 applied, 2 conflict, 3 too large, 9 for what only the reader can judge (another format, or unreadable).
    /// </summary>
    public const string Update = Shared + """
        local rec, idx = KEYS[1], KEYS[2]
        local flat = redis.pcall('HGETALL', rec)
        if flat.err then return unchanged(rec, {9, {}}) end
        if #flat == 0 then return unchanged(rec, {0, {}}) end
        local h = map(flat)
        local alive = live(h, tonumber(ARGV[2]))
        if h.fmt ~= ARGV[3] or alive == nil or not (h.lin and h.cur and h.st and h.lv) then return unchanged(rec, {9, flat}) end
        if h.lin ~= ARGV[1] or not alive then return unchanged(rec, {0, {}}) end
        if ARGV[5] ~= '' and ARGV[5] ~= (h.gen or '0') then return unchanged(rec, {2, flat}) end
        if ARGV[6] == 'a' and h[ARGV[7]] then return unchanged(rec, {2, flat}) end
        if ARGV[6] == 'v' and h[ARGV[7]] ~= ARGV[8] then return unchanged(rec, {2, flat}) end
        local step = ARGV[9]
        if step ~= '' and ((ARGV[12] ~= '' and ARGV[12] ~= h.cur) or (h.pen or '') ~= ARGV[13]) then return unchanged(rec, {2, flat}) end
        if ARGV[17] ~= '' and tonumber(ARGV[17]) < tonumber(h.lv) then return unchanged(rec, {2, flat}) end

        local before = 0
        for k, v in pairs(h) do
          if string.sub(k, 1, 2) == 'f:' then before = before + #k - 2 + #v end
        end
        local after, set, del = before, {}, {}
        local removed = tonumber(ARGV[25])
        for i = 26, 25 + removed do
          local k = ARGV[i]
          if h[k] then
            after = after - (#k - 2 + #h[k])
            h[k] = nil
            del[#del + 1] = k
          end
        end
        for i = 26 + removed, #ARGV, 2 do
          local k, v = ARGV[i], ARGV[i + 1]
          if h[k] then after = after - (#k - 2 + #h[k]) end
          after = after + #k - 2 + #v
          h[k] = v
          set[#set + 1] = k
          set[#set + 1] = v
        end
        if ARGV[24] ~= '' and after > tonumber(ARGV[24]) and after > before then return unchanged(rec, {3, {}}) end

        local function meta(k, v)
          h[k] = v
          set[#set + 1] = k
          set[#set + 1] = v
        end
        local function drop(k)
          if h[k] then
            h[k] = nil
            del[#del + 1] = k
          end
        end
        if ARGV[14] ~= '' then
          local deadline = tonumber(h.cr) + tonumber(h.abs)
          local seen = ARGV[14]
          if tonumber(seen) < tonumber(h.ls) then seen = h.ls end
          if tonumber(seen) > deadline then seen = string.format('%.0f', deadline) end
          meta('ls', seen)
          meta('prs', '1')
          if ARGV[15] ~= '' then meta('lc', ARGV[15]) end
        end
        if step == 'p' then
          meta('pen', ARGV[10])
          meta('pns', ARGV[11])
        elseif step ~= '' then
          if step == 'm' then meta('prv', h.cur) else drop('prv') end
          meta('cur', ARGV[10])
          drop('pen')
          drop('pns')
          if not h.prm or tonumber(h.prm) < tonumber(ARGV[11]) then meta('prm', ARGV[11]) end
          if step == 'r' then meta('gen', string.format('%.0f', tonumber(h.gen or '0') + 1)) end
        end
        if ARGV[17] ~= '' then
          meta('lv', ARGV[17])
          if not h.au or tonumber(h.au) < tonumber(ARGV[18]) then meta('au', ARGV[18]) end
          if ARGV[19] == '1' and h.st == '1' then meta('st', '2') end
          if ARGV[20] ~= '' then
            meta('idl', ARGV[20])
            meta('fst', ARGV[21])
            meta('abs', ARGV[22])
          end
          if ARGV[23] ~= '' then meta('per', ARGV[23]) end
        end
        if #set + #del == 0 then return unchanged(rec, {1, flat}) end
        for i = 1, #del, 400 do redis.call('HDEL', rec, unpack(del, i, math.min(i + 399, #del))) end
        put(rec, set)
        if ARGV[14] ~= '' or ARGV[20] ~= '' then
          local ttl = math.min(tonumber(h.idl), tonumber(h.abs))
          if h.prs ~= '1' then ttl = math.min(ttl, tonumber(h.fst)) end
          ttl = string.format('%.0f', ttl + tonumber(ARGV[4]))
          extend(rec, ttl)
          if idx and redis.call('EXISTS', idx) == 1 then extend(idx, ttl) end
        end
        if ARGV[20] ~= '' and idx then
          redis.call('ZADD', idx, 'XX', string.format('%.0f', tonumber(h.cr) + tonumber(h.abs)), ARGV[16])
          if redis.call('EXISTS', idx) == 1 then extend(idx, string.format('%.0f', tonumber(h.abs) + tonumber(ARGV[4]))) end
        end
        return {1, redis.call('HGETALL', rec)}
        """;

    /// <summary>
    /// KEYS: the records, then the index if ARGV 2 is '1'. ARGV: now, whether there is an index, the lineage that the one record must
    /// have or '', '1' if a record must belong to the user whose id comes next, that id, format, then the key parts. Ends the records,
    /// then their entries, and answers how many were live. A record of a newer format is ended like any other: no format prevents a
    /// sign-out.
    /// </summary>
    public const string End = Shared + """
        local count, records = 0, #KEYS - tonumber(ARGV[2])
        local idx = ARGV[2] == '1' and KEYS[#KEYS] or nil
        local names = {'lin', 'cr', 'abs', 'ls', 'idl', 'fst', 'prs', 'uid', 'fmt'}
        for i = 1, records do
          local values = redis.pcall('HMGET', KEYS[i], unpack(names))
          local h = {}
          if not values.err then
            for n, name in ipairs(names) do
              if values[n] then h[name] = values[n] end
            end
          end
          if ARGV[3] == '' or h.lin == ARGV[3] then
            local later = newer(h, ARGV[6])
            if later or not h.lin or ARGV[4] ~= '1' or (h.uid or '') == ARGV[5] then
              local alive = live(h, tonumber(ARGV[1]))
              if alive or (later and alive == nil) then count = count + 1 end
              redis.call('DEL', KEYS[i])
            end
            if idx then redis.pcall('ZREM', idx, ARGV[6 + i]) end
          end
        end
        return count > 0 and count or unchanged(KEYS[1], count)
        """;

    /// <summary>KEYS: an index in which nothing was found to end. Answers 0 if the server is still the master.</summary>
    public const string Confirm = Shared + "return unchanged(KEYS[1], 0)";

    /// <summary>KEYS: records, then the index. ARGV: their key parts. Removes the entries whose record no longer exists.</summary>
    public const string Heal = """
        local healed = 0
        for i = 1, #KEYS - 1 do
          if redis.call('EXISTS', KEYS[i]) == 0 then healed = healed + redis.call('ZREM', KEYS[#KEYS], ARGV[i]) end
        end
        return healed
        """;
}
