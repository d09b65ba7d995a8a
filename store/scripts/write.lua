-- Writes a document, its wake, its audit entries and a seen id, or nothing.
-- KEYS  1 doc  2 leases  3 due, 4 held of urgent  5 due, 6 held of routine  7 ids  8 trail  9 chains  10 pulse
--       11 done  12 lists  13 seen, only when an id must be new
-- ARGV  1 token  2 token of the lease or ""  3 microseconds to remember the id  4 version it must have  5 lane
--       6 wake or 0  7 seq, 8 hash of the head after  9 seq, 10 hash of the head that it follows
--       11 id  12 member  13 chain  14 how many tokens to keep  15 body  16 listing or ""  17... entries
-- Returns ok | lost | seen | conflict | damaged | chain, seq, hash: what the stored head is instead.
-- Run twice it answers ok twice: the first run left its token in the document, and for a minute in done, which a burst
-- of other writes cannot push out. What is written first is refused by a Redis that is out of memory, so it is refused
-- before anything happened.
local doc, leases, ids, trail, chains = KEYS[1], KEYS[2], KEYS[7], KEYS[8], KEYS[9]
local pulse, done, lists, seen = KEYS[10], KEYS[11], KEYS[12], KEYS[13]
local due = {urgent = KEYS[3], routine = KEYS[5]}
local held = {urgent = KEYS[4], routine = KEYS[6]}
local token, fence, version, lane, wake = ARGV[1], ARGV[2], ARGV[4], ARGV[5], tonumber(ARGV[6])
local member, listing = ARGV[12], ARGV[16]
local at = clock()

local old = {version = '0', seq = '0', hash = '', lane = lane, tokens = {}}
local value = redis.call('GET', doc)
if value then
  local whole, header = pcall(cjson.decode, string.match(value, '^([^\n]*)\n') or '')
  if not whole or type(header) ~= 'table' or type(header.tokens) ~= 'table' or not due[header.lane or ''] then return {'damaged'} end
  for _, name in ipairs({'version', 'seq', 'hash'}) do
    if type(header[name]) ~= 'string' then return {'damaged'} end
  end
  old = header
end

local repeated = redis.call('EXISTS', done) == 1
for _, known in ipairs(old.tokens) do repeated = repeated or known == token end
if repeated then
  redis.call('SET', pulse, digits(at)) -- Newer servers' WAIT covers only what this connection wrote.
  return {'ok'}
end
local l = lease(leases, member)
if fence ~= '' and not (l and l.token == fence and l.till > at) then return {'lost'} end
local first = seen and sight(seen, at)
if first and first ~= token then return {'seen'} end
if old.version ~= version then return {'conflict'} end
if old.seq ~= ARGV[9] or old.hash ~= ARGV[10] then return {'chain', old.seq, old.hash} end

-- A key that another program made something else of is noticed here, before anything is written: nothing is undone.
redis.call('LLEN', trail)
for _, zset in ipairs({due.urgent, due.routine, held.urgent, held.routine, ids, chains, lists}) do redis.call('ZCARD', zset) end

if seen and not first then remember(seen, token, at, tonumber(ARGV[3])) end
redis.call('SET', done, '', 'PX', 60000)
if wake > 0 then wake = math.max(wake, at) end
table.insert(old.tokens, token)
while #old.tokens > tonumber(ARGV[14]) do table.remove(old.tokens, 1) end
redis.call('SET', doc, cjson.encode({
  version = digits(tonumber(version) + 1), seq = ARGV[7], hash = ARGV[8], wake = digits(wake), lane = lane,
  listing = listing, tokens = old.tokens,
}) .. '\n' .. ARGV[15])
if version == '0' then redis.call('ZADD', ids, 0, ARGV[11]) end
if old.listing ~= listing then
  if type(old.listing) == 'string' and old.listing ~= '' then redis.call('ZREM', lists, old.listing) end
  if listing ~= '' then redis.call('ZADD', lists, 0, listing) end
end
for i = 17, #ARGV do redis.call('RPUSH', trail, ARGV[i]) end
if #ARGV >= 17 then redis.call('ZADD', chains, 0, ARGV[13]) end

redis.call('ZREM', due[old.lane], member)
if l then redis.call('ZREM', held[old.lane], member) end
if l and l.till > at then
  l.wake = wake
  put_lease(leases, member, l)
  redis.call('ZADD', held[lane], digits(l.till), member)
else
  if l then redis.call('HDEL', leases, member) end
  if wake > 0 then redis.call('ZADD', due[lane], digits(wake), member) end
end
return {'ok'}
