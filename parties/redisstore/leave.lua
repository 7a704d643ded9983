-- Forgets a replica.
-- KEYS: 1 beats, 2 epochs
-- ARGV: 1 the replica
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('HDEL', KEYS[2], ARGV[1])
