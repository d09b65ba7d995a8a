-- What every script begins with. Numbers travel as digits: Lua's own way of writing them loses the last ones.

-- Redis' own clock in microseconds since 1970; a double counts them exactly until the year 2255.
local function clock()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end

local function digits(n) return string.format('%.0f', n) end

-- A lease is kept as "until wake token"; wake is 0 while the document sleeps.
local function lease(leases, member)
  local till, wake, token = string.match(redis.call('HGET', leases, member) or '', '^(%d+) (%d+) (.*)$')
  return till and {till = tonumber(till), wake = tonumber(wake), token = token}
end

local function put_lease(leases, member, l)
  redis.call('HSET', leases, member, digits(l.till) .. ' ' .. digits(l.wake) .. ' ' .. l.token)
end

-- The token that brought an id which is still remembered; nil when it is new. What cannot be read belongs to nobody, and
-- is not new: better that a press is lost than that it counts twice.
local function sight(seen, at)
  local value = redis.call('GET', seen)
  if not value then return nil end
  local till, token = string.match(value, '^(%d+) (.*)$')
  if not till then return '' end
  if tonumber(till) > at then return token end
end

-- Redis' own expiry only cleans up. It comes later than the end that is stored, which decides.
local function remember(seen, token, at, micros)
  redis.call('SET', seen, digits(at + micros) .. ' ' .. token, 'PX', digits(math.ceil(micros / 1000) + 1))
end
