-- Gives a lease back; nobody else's.
-- KEYS  1 due, 2 held of urgent  3 due, 4 held of routine  5 leases
-- ARGV  1 member  2 token
-- Returns nothing. Run twice it does nothing the second time.
local member = ARGV[1]
local l = lease(KEYS[5], member)
if not l or l.token ~= ARGV[2] then return {} end
redis.call('HDEL', KEYS[5], member)
for i = 1, 3, 2 do
  if redis.call('ZREM', KEYS[i + 1], member) == 1 and l.wake > 0 then redis.call('ZADD', KEYS[i], digits(l.wake), member) end
end
return {}
