-- Writes the layout where there is none.
-- KEYS  1 layout
-- ARGV  1 the layout of this program
-- Returns the layout that is there now. Run twice it answers the same.
local found = redis.call('GET', KEYS[1])
if found then return {found} end
redis.call('SET', KEYS[1], ARGV[1])
return {ARGV[1]}
