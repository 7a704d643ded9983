-- Removes trails that have expired, and says how many.
-- KEYS: 1 the records, by name; 2 the names, by when they end.
-- ARGV: 1 now, in milliseconds; 2 how many to sweep at most.
local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #ended > 0 then
  redis.call('HDEL', KEYS[1], unpack(ended))
  redis.call('ZREM', KEYS[2], unpack(ended))
end
return #ended
