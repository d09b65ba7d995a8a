-- Remembers an id, and tells whether this token brought it first.
-- KEYS  1 seen  2 pulse
-- ARGV  1 token  2 microseconds
-- Returns first | seen. Run twice with one token it answers first twice, and the id lives no longer for it.
local token, at = ARGV[1], clock()
local known = sight(KEYS[1], at)
if not known then
  remember(KEYS[1], token, at, tonumber(ARGV[2]))
  return {'first'}
end
if known ~= token then return {'seen'} end
redis.call('SET', KEYS[2], digits(at)) -- Newer servers' WAIT covers only what this connection wrote.
return {'first'}
