-- Notes when platforms were seen; an older time changes nothing.
-- KEYS: 1 seen
-- ARGV: a time in milliseconds and a platform, in turn
return redis.call('ZADD', KEYS[1], 'GT', unpack(ARGV))
