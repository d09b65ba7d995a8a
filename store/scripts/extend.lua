-- Holds a lease for longer.
-- KEYS  1 held of urgent  2 held of routine  3 leases
-- ARGV  1 member  2 token  3 microseconds from now
-- Returns until, or "" when the lease is lost. Run twice it holds from the second time on.
local member, at = ARGV[1], clock()
local l = lease(KEYS[3], member)
if not (l and l.token == ARGV[2] and l.till > at) then return {''} end
l.till = at + tonumber(ARGV[3])
put_lease(KEYS[3], member, l)
for i = 1, 2 do redis.call('ZADD', KEYS[i], 'XX', digits(l.till), member) end
return {digits(l.till)}
