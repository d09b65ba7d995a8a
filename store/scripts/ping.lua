-- Writes and reads.
-- KEYS  1 layout  2 pulse
-- Returns the layout, "" when it is gone. Run twice it answers the same.
redis.call('SET', KEYS[2], digits(clock()))
return {redis.call('GET', KEYS[1]) or ''}
