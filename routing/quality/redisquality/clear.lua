-- Removes the rows of a party.
-- KEYS: 1 the parties that have rows; 2 when parties were cleared; 3 the rows of
-- the party.
-- ARGV: 1 the party, 2 the time.
redis.call('DEL', KEYS[3])
redis.call('SREM', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
