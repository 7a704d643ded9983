-- Writes a trail and sweeps a few that have expired.
-- KEYS: 1 the records, by name; 2 the names, by when they end.
-- ARGV: 1 name, 2 record, 3 end and 4 now, in milliseconds; 5 how many to sweep.
local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[4], 'LIMIT', 0, ARGV[5])
if #ended > 0 then
  redis.call('HDEL', KEYS[1], unpack(ended))
  redis.call('ZREM', KEYS[2], unpack(ended))
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return #ended
