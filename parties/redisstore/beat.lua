-- Notes that a replica lives, and forgets those that have long been silent. Only
-- the clock of Redis counts.
-- KEYS: 1 beats, 2 epochs
-- ARGV: 1 the replica, 2 the epoch of its state
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 60000, 'LIMIT', 0, 8)) do
	redis.call('ZREM', KEYS[1], id)
	redis.call('HDEL', KEYS[2], id)
end
return now
