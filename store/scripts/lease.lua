-- Leases what is due in a lane, the longest due first.
-- KEYS  1 due  2 held  3 leases  4 batch
-- ARGV  1 how many  2 microseconds to hold them  3 token
-- Returns when there may be more ("" is never), then member, until and lateness of each.
-- Run twice with one token it gives the same documents: the batch keeps their names for a minute.
-- It costs what is due, what is leased and what ended, however many documents there are.
local due, held, leases, batch = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, at = ARGV[3], clock()

for _, member in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', digits(at))) do
  local l = lease(leases, member)
  redis.call('HDEL', leases, member)
  redis.call('ZREM', held, member)
  if l and l.wake > 0 then redis.call('ZADD', due, digits(l.wake), member) end
end

local members = redis.call('LRANGE', batch, 0, -1)
if #members == 0 then
  local found = redis.call('ZRANGEBYSCORE', due, '-inf', digits(at), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
  for i = 1, #found, 2 do
    local l = {till = at + tonumber(ARGV[2]), wake = tonumber(found[i + 1]), token = token}
    redis.call('ZADD', held, digits(l.till), found[i])
    redis.call('ZREM', due, found[i])
    put_lease(leases, found[i], l)
    redis.call('RPUSH', batch, found[i])
    members[#members + 1] = found[i]
  end
end
if #members > 0 then redis.call('PEXPIRE', batch, 60000) end

local more
local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
if first[2] then more = tonumber(first[2]) end
local from, page = 0, {}
repeat -- Ends at the first document unless some sleep, or wake after their lease.
  page = redis.call('ZRANGE', held, from, from + 99, 'WITHSCORES')
  for i = 1, #page, 2 do
    local l = lease(leases, page[i])
    if more and tonumber(page[i + 1]) >= more then
      page = {}
      break
    end
    if l and l.wake > 0 then more = math.min(more or math.huge, math.max(l.till, l.wake)) end
  end
  from = from + 100
until #page < 200

local answer = {more and digits(more) or ''}
for _, member in ipairs(members) do
  local l = lease(leases, member)
  if l and l.token == token then
    answer[#answer + 1] = member
    answer[#answer + 1] = digits(l.till)
    answer[#answer + 1] = digits(math.max(0, at - l.wake))
  end
end
return answer
